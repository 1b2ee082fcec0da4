import type { ProviderInfo } from '@/api/types'
import { text } from '@/ui/text'

/** Shown elsewhere, or nobody's business on this page: this machine's own models, and the test doubles. */
const APART = new Set(['local', 'debug'])

/** The providers that a search finds, those that can be called apart from the others, each by name. */
export function matching(
  providers: readonly ProviderInfo[],
  search: string,
): { ready: ProviderInfo[]; others: ProviderInfo[] } {
  const wanted = search.trim().toLowerCase()
  const found = providers
    .filter(({ id }) => !APART.has(id))
    .filter(({ id, label }) => id.includes(wanted) || label.toLowerCase().includes(wanted))
    .toSorted((one, other) => one.label.localeCompare(other.label))
  return { ready: found.filter(({ ready }) => ready), others: found.filter(({ ready }) => !ready) }
}

/** What the form sends: the fields that were filled in. */
export function filled(values: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values)
      .map(([name, value]) => [name, value.trim()] as const)
      .filter(([, value]) => value !== ''),
  )
}

/** A name for a further credential that none of the provider's has yet. */
export function freeName(taken: readonly string[]): string {
  if (!taken.includes('default')) return 'default'
  let number = 2
  while (taken.includes(`key ${number}`)) number += 1
  return `key ${number}`
}

/** What is said of the day (`2027-02-26`) on which its vendor switches a model off. */
export const retirementOf = (day: string, now: Date): string =>
  day < now.toISOString().slice(0, 10) ? text.models.retired(day) : text.models.retires(day)
