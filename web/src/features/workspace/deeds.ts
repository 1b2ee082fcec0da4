/** What an entry of the trail says was done, in words of people. Pure. */

import type { AuditEntry } from '@/api/workspace'
import { text } from '@/ui/text'

type Deed = Pick<AuditEntry, 'action' | 'details' | 'object'>
type AppName = (id: string) => string | null

/** What was done, to what by its name, and what more there is to know at a glance. */
export function deedOf(entry: Deed, appName: AppName): string {
  const words = text.audit.actions[entry.action] ?? entry.action
  const name = nameOf(entry, appName)
  const more = moreOf(entry)
  return `${words}${name ? `: ${name}` : ''}${more ? ` (${more})` : ''}`
}

/** What it was done to, by its name where it has one and by its id. */
export function objectOf(entry: Deed, appName: AppName): string {
  const { kind, id } = entry.object
  return [kind, kind === 'app' ? appName(id) : null, id].filter(Boolean).join(' ')
}

/** As the entry has it, which is how it was called then; else as it is called now. */
function nameOf({ details, object }: Deed, appName: AppName): string | null {
  const said = [details.name, details.email, details.label].find((value) => typeof value === 'string' && value)
  return typeof said === 'string' ? said : object.kind === 'app' ? appName(object.id) : null
}

function moreOf({ action, details: { version, model } }: Deed): string | null {
  if (action === 'app.bound' && typeof model === 'string' && model.includes('/')) return model
  return typeof version === 'number' ? text.versions.one(version).toLowerCase() : null
}
