import { expect, test } from 'vitest'
import { may } from './may'

const session = { permissions: ['apps.read'], granted: { one: ['apps.edit'] } }

test('what is held in the workspace is held for every app', () => {
  expect(may(session, 'apps.read')).toBe(true)
  expect(may(session, 'apps.read', 'one')).toBe(true)
})

test('what was granted for one app is held for no other', () => {
  expect(may(session, 'apps.edit', 'one')).toBe(true)
  expect(may(session, 'apps.edit', 'two')).toBe(false)
  expect(may(session, 'apps.edit')).toBe(false)
})

test('nobody may anything', () => {
  expect(may(undefined, 'apps.read')).toBe(false)
})
