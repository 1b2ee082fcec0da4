/** A workspace: its members, roles, invitations, keys and trail. */

import { ask, askText, queryString } from './client'
import type { Permission } from './may'
import type { JsonObject, Page } from './types'

const at = encodeURIComponent
const PAGE = 50

export interface OwnWorkspace {
  id: string
  name: string
  slug: string
  created_at: string
  /** Yours there. */
  role: string
}

export interface Member {
  id: string
  name: string
  email: string | null
  role: string
  disabled: boolean
  created_at: string
}

export interface Invitation {
  id: string
  email: string
  role: string
  invited_by: string
  state: 'open' | 'accepted' | 'revoked' | 'expired'
  created_at: string
  expires_at: string
}

export interface NewInvitation extends Invitation {
  link: string
  mail: string
}

export interface Role {
  id: string
  name: string
  built_in: boolean
  permissions: Permission[]
}

export type KeyKind = 'app' | 'dataset' | 'workspace' | 'personal'

export interface Key {
  id: string
  kind: KeyKind
  name: string
  subject_id: string | null
  member_id: string | null
  /** Null: all that its kind may. */
  scopes: Permission[] | null
  last_four: string
  created_at: string
  expires_at: string | null
  last_used_at: string | null
  revoked_at: string | null
}

export interface NewKeyTerms {
  name: string
  expires_at?: string
  scopes?: Permission[]
}

export interface NewKey {
  id: string
  secret: string
  last_four: string
}

export interface AuditEntry {
  number: number
  id: string
  at: string
  actor: { kind: 'person' | 'key' | 'end_user' | 'system'; id: string }
  via: string
  address: string
  action: string
  object: { kind: string; id: string }
  details: JsonObject
}

export interface AuditCheck {
  ok: boolean
  checked: number
  last: { number: number; seal: string }
  problem: { number: number; kind: string } | null
}

/** Empty strings are left out. Moments are ISO 8601 with a zone. */
export interface AuditFilter {
  action: string
  actor_id: string
  text: string
  since: string
  until: string
}

const list = <T>(path: string, after: string | null) => ask<Page<T>>(`${path}${queryString({ after })}`)

export const workspace = {
  own: () => ask<Page<OwnWorkspace>>('/workspaces'),
  create: (name: string) => ask<Omit<OwnWorkspace, 'role'>>('/workspaces', { method: 'POST', body: { name } }),
  rename: (change: { name?: string; slug?: string }) =>
    ask<Omit<OwnWorkspace, 'role'>>('/workspace', { method: 'PATCH', body: change }),
  leave: () => ask<void>('/workspace/leave', { method: 'POST' }),
  transfer: (memberId: string) => ask<void>('/workspace/transfer', { method: 'POST', body: { member_id: memberId } }),
  remove: (slug: string) => ask<void>(`/workspace${queryString({ confirm: slug })}`, { method: 'DELETE' }),
  retention: () => ask<{ days: number | null }>('/retention'),
  retain: (days: number | null) => ask<{ days: number | null }>('/retention', { method: 'PUT', body: { days } }),

  members: (after: string | null) => list<Member>('/members', after),
  changeRole: (id: string, role: string) => ask<Member>(`/members/${at(id)}/role`, { method: 'PUT', body: { role } }),
  removeMember: (id: string) => ask<void>(`/members/${at(id)}`, { method: 'DELETE' }),
  passwordLink: (id: string) => ask<{ link: string }>(`/members/${at(id)}/password-link`, { method: 'POST' }),

  openInvitations: (after: string | null) =>
    ask<Page<Invitation>>(`/invitations${queryString({ state: 'open', after })}`),
  invite: (email: string, role: string) =>
    ask<NewInvitation>('/invitations', { method: 'POST', body: { email, role } }),
  revokeInvitation: (id: string) => ask<void>(`/invitations/${at(id)}`, { method: 'DELETE' }),

  roles: (after: string | null) => list<Role>('/roles', after),
  createRole: (name: string, permissions: Permission[]) =>
    ask<Role>('/roles', { method: 'POST', body: { name, permissions } }),
  changeRoleOf: (id: string, name: string, permissions: Permission[]) =>
    ask<Role>(`/roles/${at(id)}`, { method: 'PUT', body: { name, permissions } }),
  removeRole: (id: string) => ask<void>(`/roles/${at(id)}`, { method: 'DELETE' }),

  keys: (place: KeyPlace, after: string | null) => list<Key>(pathOf(place), after),
  createKey: (place: KeyPlace, terms: NewKeyTerms) => ask<NewKey>(pathOf(place), { method: 'POST', body: terms }),
  revokeKey: (id: string) => ask<void>(`/keys/${at(id)}`, { method: 'DELETE' }),

  audit: (filter: AuditFilter, after: string | null) =>
    ask<Page<AuditEntry>>(`/audit${queryString({ ...filter, limit: PAGE, after })}`),
  exportAudit: (filter: AuditFilter) => askText(`/audit/export${queryString({ ...filter })}`),
  checkAudit: () => ask<AuditCheck>('/audit/check'),
}

export interface AppChoice {
  id: string
  name: string
}

const MOST_PAGES = 20

/** A list whole, for choosing from; what two thousand others push out is left out. */
async function every<T>(path: string): Promise<T[]> {
  const found: T[] = []
  let after: string | null = null
  for (let pages = 0; pages < MOST_PAGES; pages += 1) {
    const page: Page<T> = await ask(`${path}${queryString({ limit: 100, after })}`)
    found.push(...page.data)
    after = page.next
    if (after === null) break
  }
  return found
}

export const everyMember = () => every<Member>('/members')
export const everyRole = () => every<Role>('/roles')

/** All apps by name, for lists to choose from. */
export async function appChoices(): Promise<AppChoice[]> {
  const found = await every<AppChoice>('/apps')
  return found.map(({ id, name }) => ({ id, name })).sort((one, other) => one.name.localeCompare(other.name))
}

/** Where keys of a kind are kept: one's own, the workspace's, or those of an app. */
export type KeyPlace = 'own' | 'workspace' | { appId: string }

function pathOf(place: KeyPlace): string {
  if (place === 'own') return '/me/keys'
  return place === 'workspace' ? '/keys' : `/apps/${at(place.appId)}/keys`
}
