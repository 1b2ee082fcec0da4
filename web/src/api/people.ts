/** Signing in, and one's own account. */

import { ask } from './client'
import type { Page } from './types'

const at = encodeURIComponent

/** Where people sign in who are known elsewhere. */
export interface SignInProvider {
  id: string
  label: string
  /** Where the browser goes to begin. */
  path: string
}

export interface WaysIn {
  password: boolean
  providers: SignInProvider[]
  /** Makes a link that signs the owner in, on the machine that Loomwork runs on. */
  link_command: string
}

/** Somebody elsewhere, who one is here. */
export interface Identity {
  id: string
  /** Null where it is no longer set up. */
  provider: string | null
  label: string
  issuer: string
  subject: string
  created_at: string
}

export interface OpenInvitation {
  workspace_name: string
  email: string
  role: string
  expires_at: string
  /** There is a person of this address, who signs in to accept it. */
  is_known: boolean
}

export interface Person {
  id: string
  name: string
  email: string | null
  has_password: boolean
  has_second_factor: boolean
  created_at: string
}

/** A browser that one is signed in with. */
export interface PersonSession {
  id: string
  how: 'link' | 'password' | 'sso'
  address: string | null
  agent: string | null
  created_at: string
  expires_at: string
  current: boolean
}

const ME = '/people/me'

export const people = {
  waysIn: () => ask<WaysIn>('/sign-in'),
  signIn: (body: { email: string; password: string; code?: string }) => ask<void>('/sign-in', { method: 'POST', body }),
  resetPassword: (token: string, password: string) =>
    ask<void>('/password/reset', { method: 'POST', body: { token, password } }),
  readInvitation: (token: string) => ask<OpenInvitation>('/invitations/read', { method: 'POST', body: { token } }),
  acceptInvitation: (body: { token: string; name?: string; password?: string }) =>
    ask<{ workspace_id: string }>('/invitations/accept', { method: 'POST', body }),

  me: () => ask<Person>(ME),
  changeMe: (change: { name?: string; email?: string; password?: string }) =>
    ask<Person>(ME, { method: 'PATCH', body: change }),
  changePassword: (body: { password: string; present?: string }) =>
    ask<void>(`${ME}/password`, { method: 'PUT', body }),
  sessions: () => ask<Page<PersonSession>>(`${ME}/sessions`),
  endSession: (id: string) => ask<void>(`${ME}/sessions/${at(id)}`, { method: 'DELETE' }),
  endOtherSessions: () => ask<{ ended: number }>(`${ME}/sessions`, { method: 'DELETE' }),
  identities: () => ask<Page<Identity>>(`${ME}/identities`),
  /** The address at which the browser goes on. */
  linkIdentity: (provider: string, password?: string) =>
    ask<{ url: string }>(`${ME}/identities`, { method: 'POST', body: { provider, password, next: '/account' } }),
  unlinkIdentity: (id: string) => ask<void>(`${ME}/identities/${at(id)}`, { method: 'DELETE' }),
  beginSecondFactor: (password?: string) =>
    ask<{ secret: string; uri: string }>(`${ME}/second-factor`, { method: 'POST', body: { password } }),
  confirmSecondFactor: (code: string) =>
    ask<{ recovery_codes: string[] }>(`${ME}/second-factor/confirm`, { method: 'POST', body: { code } }),
  removeSecondFactor: (code: string) => ask<void>(`${ME}/second-factor/remove`, { method: 'POST', body: { code } }),
}

/** Sign out where nobody knows yet in which workspace, if any, one is. */
export async function leave(): Promise<void> {
  const own = (await people.sessions()).data.find(({ current }) => current)
  if (own) await people.endSession(own.id)
}
