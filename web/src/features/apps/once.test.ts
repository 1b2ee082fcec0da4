import { expect, test } from 'vitest'
import { onceUntilFailed } from './once'

test('a double click does the task once, and so does a click after it is done', async () => {
  const asked: string[] = []
  const use = onceUntilFailed(async (id: string) => asked.push(id))
  use('chat')
  use('chat')
  await Promise.resolve()
  use('triage')
  expect(asked).toEqual(['chat'])
})

test('a task that failed may be tried again', async () => {
  const asked: string[] = []
  const refused = Promise.reject(new Error('The disk is full.'))
  const use = onceUntilFailed((id: string) => {
    asked.push(id)
    return refused
  })
  use('chat')
  use('chat')
  await expect(refused).rejects.toThrow()
  use('chat')
  expect(asked).toEqual(['chat', 'chat'])
})
