/** What the pages of a workspace read. */

import { useQuery } from '@tanstack/react-query'
import { people } from './people'
import { queries, usePages } from './queries'
import { type AuditFilter, appChoices, everyMember, everyRole, type KeyPlace, workspace } from './workspace'

export const useWaysIn = () => useQuery({ queryKey: ['ways-in'], queryFn: people.waysIn })

export const useMe = () => useQuery({ queryKey: ['me'], queryFn: people.me })
export const usePersonSessions = () =>
  useQuery({ queryKey: ['me', 'sessions'], queryFn: people.sessions, staleTime: 0 })

export const useIdentities = (enabled: boolean) =>
  useQuery({ queryKey: ['me', 'identities'], queryFn: people.identities, enabled })

export const useWorkspaces = () => useQuery({ queryKey: ['workspaces'], queryFn: workspace.own })

export const useAppChoices = (enabled = true) =>
  useQuery({ queryKey: ['apps', 'choices'], queryFn: appChoices, enabled })

export const useMembers = (enabled = true) => usePages(['members'], workspace.members, enabled)
/** Who was asked and has not come yet. */
export const useInvitations = (enabled = true) => usePages(['invitations'], workspace.openInvitations, enabled)
/** All members, to choose from and to call by their names. */
export const useEveryMember = (enabled = true) =>
  useQuery({ queryKey: ['members', 'every'], queryFn: everyMember, enabled })
export const useEveryRole = (enabled = true) => useQuery({ queryKey: ['roles', 'every'], queryFn: everyRole, enabled })
export const useRoles = (enabled = true) => usePages(['roles'], workspace.roles, enabled)

export const keysAt = (place: KeyPlace): readonly unknown[] => [
  'keys',
  typeof place === 'string' ? place : `app ${place.appId}`,
]
export const useKeysAt = (place: KeyPlace, enabled = true) =>
  usePages(keysAt(place), (after) => workspace.keys(place, after), enabled)

export const useAudit = (filter: AuditFilter) => usePages(['audit', filter], (after) => workspace.audit(filter, after))
export const useAuditCheck = () =>
  useQuery({ queryKey: ['audit-check'], queryFn: workspace.checkAudit, staleTime: 60_000 })

/** All that was read of something is read again. */
export const refresh = (...keys: string[]) =>
  Promise.all(keys.map((key) => queries.invalidateQueries({ queryKey: [key] })))
