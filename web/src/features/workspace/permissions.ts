import { PERMISSION_GROUPS, type Permission, type PermissionGroup } from '@/api/may'
import { text } from '@/ui/text'

export const GROUPS = Object.keys(PERMISSION_GROUPS) as PermissionGroup[]

export const permissionName = (permission: string): string => text.permissions.names[permission] ?? permission

/** Those of a role in their groups and order; groups of which it has none are left out. */
export function grouped(held: readonly Permission[]): { group: PermissionGroup; permissions: Permission[] }[] {
  return GROUPS.map((group) => ({
    group,
    permissions: PERMISSION_GROUPS[group].filter((permission) => held.includes(permission)),
  })).filter(({ permissions }) => permissions.length > 0)
}

/** What a role may, in one line. */
export const permissionLine = ({ id, permissions }: { id: string; permissions: readonly Permission[] }): string =>
  text.roles.help[id] ??
  grouped(permissions)
    .flatMap((each) => each.permissions.map(permissionName))
    .join(', ')
