/** What whoever is signed in may do, as the session says it; the server is asked again by every request. */

import type { Session } from './types'

/** The words of the server's `Permission`, in groups as people think of them. */
export const PERMISSION_GROUPS = {
  apps: ['apps.read', 'apps.edit', 'apps.run', 'apps.publish', 'apps.delete', 'apps.keys'],
  knowledge: ['knowledge.read', 'knowledge.search', 'knowledge.edit', 'knowledge.delete', 'knowledge.keys'],
  runs: ['runs.read', 'runs.act'],
  models: ['models.read', 'models.use', 'models.manage', 'budgets.manage'],
  people: ['members.read', 'members.manage', 'roles.manage'],
  keys: ['keys.read', 'keys.manage'],
  workspace: [
    'workspace.read',
    'workspace.manage',
    'workspace.export',
    'workspace.transfer',
    'workspace.delete',
    'limits.manage',
    'audit.read',
    'installation.manage',
  ],
} as const

export type PermissionGroup = keyof typeof PERMISSION_GROUPS
export type Permission = (typeof PERMISSION_GROUPS)[PermissionGroup][number]

/** In the whole workspace or, where one is named, with this app. */
export const may = (
  session: Pick<Session, 'permissions' | 'granted'> | undefined,
  permission: Permission,
  appId?: string,
): boolean =>
  session !== undefined &&
  (session.permissions.includes(permission) ||
    (appId !== undefined && (session.granted[appId] ?? []).includes(permission)))
