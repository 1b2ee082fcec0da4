import { expect, test } from 'vitest'
import { began, ended, type Said, sequence, started, succeeded } from './testing'
import { applyEvents, idleView } from './view'

const step = (kind: string, tool: string | null, input: unknown, output: unknown): Said => ({
  type: 'agent_step',
  node_id: 'agent',
  data: { step: 1, kind, tool, input, output },
})
const usage = { total_tokens: 12, total_price: '0.002', currency: 'USD' }
const thought = step('thought', null, null, { text: 'I add.', calls: [{ tool: 'calc/add', input: {} }], usage })
const called = (result: string) => step('tool', 'calc/add', { a: 1 }, { text: result, failed: false })
const stepsOf = (said: Said[]) =>
  applyEvents(idleView, sequence([began, started('agent', 'agent'), ...said])).nodes.agent?.steps

test('each step of an agent is told with its tool, arguments, result, tokens, price and time', () => {
  const steps = stepsOf([thought, called('2'), called('3'), step('thought', null, null, { text: 'Done', calls: [] })])
  expect(steps?.map(({ kind, tool, text, tokens }) => [kind, tool, text, tokens])).toEqual([
    ['thought', null, 'I add.', 12],
    ['tool', 'calc/add', '2', null],
    ['tool', 'calc/add', '3', null],
    ['thought', null, 'Done', null],
  ])
  expect(steps?.[0]).toMatchObject({ calls: ['calc/add'], price: { amount: '0.002', currency: 'USD' } })
  expect(steps?.[1]).toMatchObject({ input: { a: 1 }, failed: false })
  // A tenth of a second lies between two events; both calls of the turn began after its thought.
  expect(steps?.map(({ elapsedMs }) => Math.round(elapsedMs))).toEqual([100, 100, 200, 100])
})

test('what ended it early, what failed and what a person decided are told', () => {
  const steps = stepsOf([
    step('approval', 'mail/send', {}, { approved: false }),
    step('tool', 'mail/send', 'not json', { text: 'No.', failed: true }),
    step('thought', null, null, { text: 'So far.', calls: [], ended_by: 'money' }),
  ])
  expect(steps?.[0]).toMatchObject({ kind: 'approval', approved: false })
  expect(steps?.[1]).toMatchObject({ failed: true, input: 'not json' })
  expect(steps?.[2]).toMatchObject({ endedBy: 'money', price: null })
})

test('steps outlive a crash, and begin anew in the next round', () => {
  const resumed: Said = {
    type: 'node_retrying',
    node_id: 'agent',
    data: { error: null, attempt: 2, next_at: 1, reason: 'resumed' },
  }
  expect(stepsOf([thought, resumed, started('agent', 'agent'), called('2')])).toHaveLength(2)
  expect(stepsOf([thought, succeeded('agent'), started('agent', 'agent'), called('2')])).toHaveLength(1)
})

test('kinds of a later release, and outputs that are no object, break nothing', () => {
  expect(stepsOf([step('dream', null, null, 7), step('tool', 'a/b', null, 'plain'), ended()])).toMatchObject([
    { kind: 'tool', text: 'plain', tokens: null, calls: [] },
  ])
})
