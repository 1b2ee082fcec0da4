import { expect, test } from 'vitest'
import { deedOf, objectOf } from './deeds'

const CALLED = (id: string) => (id === 'a1' ? 'Chat' : null)
const done = (action: string, details = {}, id = 'a1') => ({ action, details, object: { kind: 'app', id } })

test('what was done to an app names the app, though the entry has its id only', () => {
  expect(deedOf(done('app.published', { version: 2 }), CALLED)).toBe('published an app: Chat (version 2)')
  expect(deedOf(done('app.deleted', {}, 'gone'), CALLED)).toBe('deleted an app')
  expect(objectOf(done('app.published'), CALLED)).toBe('app Chat a1')
})

test('an entry that has a name of its own tells how it was called then', () => {
  expect(deedOf(done('app.created', { name: 'Talk' }), CALLED)).toBe('made an app: Talk')
})

test('an app that is published is held to its model, which nobody chose', () => {
  const bound = done('app.bound', { reference: 'openai/gpt-4o', model: 'openai/gpt-4o' })
  expect(deedOf(bound, CALLED)).toBe('held an app to its model: Chat (openai/gpt-4o)')
})
