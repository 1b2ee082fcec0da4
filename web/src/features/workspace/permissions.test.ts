import { expect, test } from 'vitest'
import { PERMISSION_GROUPS } from '@/api/may'
import { text } from '@/ui/text'
import { GROUPS, grouped, permissionLine } from './permissions'

test('every permission has a name, and is in one group only', () => {
  const all = GROUPS.flatMap((group) => [...PERMISSION_GROUPS[group]])
  expect(new Set(all).size).toBe(all.length)
  expect(all.filter((permission) => !text.permissions.names[permission])).toEqual([])
  expect(GROUPS.filter((group) => !text.permissions.groups[group])).toEqual([])
})

test('what a role holds is told in groups, in their order, and empty groups are left out', () => {
  expect(grouped(['members.read', 'apps.run', 'apps.read'])).toEqual([
    { group: 'apps', permissions: ['apps.read', 'apps.run'] },
    { group: 'people', permissions: ['members.read'] },
  ])
})

test('a role of the workspace is told by its permissions, one of ours in a sentence', () => {
  expect(permissionLine({ id: 'own-1', permissions: ['apps.run'] })).toBe(text.permissions.names['apps.run'])
  expect(permissionLine({ id: 'viewer', permissions: ['apps.read'] })).toBe(text.roles.help.viewer)
})
