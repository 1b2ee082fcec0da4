import { ENVIRONMENTS, type Environment } from '@/api/life'

/** Where a version goes next: after the last of those in which it stands; a version that stands nowhere begins anew. */
export function nextFor(standing: readonly Environment[]): Environment | null {
  const last = Math.max(-1, ...standing.map((environment) => ENVIRONMENTS.indexOf(environment)))
  return ENVIRONMENTS[last + 1] ?? null
}
