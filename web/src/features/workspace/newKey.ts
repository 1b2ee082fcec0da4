import type { Permission } from '@/api/may'

export type Kind = 'own' | 'workspace' | 'app'

/** In days. */
export const LIVES = ['30', '90', '365', 'never'] as const
export type Life = (typeof LIVES)[number]

const NEEDED: [Kind, Permission | null][] = [
  ['own', null],
  ['workspace', 'keys.manage'],
  ['app', 'apps.keys'],
]

/** The kinds of keys that somebody can make. */
export const kindsFor = (may: (permission: Permission) => boolean): Kind[] =>
  NEEDED.filter(([, permission]) => permission === null || may(permission)).map(([kind]) => kind)

const DAY_MS = 86_400_000

/** The moment from which on it opens nothing; none where it lasts until it is revoked. */
export const expiryOf = (life: Life, now: number): string | undefined =>
  life === 'never' ? undefined : new Date(now + Number(life) * DAY_MS).toISOString()
