import { expect, test } from 'vitest'
import type { Problem } from '@/api/types'
import { text } from '@/ui/text'
import { kindOf, remarks, stuckCount, stuckSteps } from './problems'

const problem = (code: string, message: string, node_id: string | null = null): Problem => ({
  level: 'warning',
  code,
  message,
  node_id,
  place: null,
})
const NODES = [
  { id: '17101', type: 'tool', title: 'Search' },
  { id: '17102', type: 'tool', title: 'Fetch' },
  { id: '17103', type: 'code', title: 'Count' },
]
const yet = (title: string, id: string) =>
  problem('not_runnable_yet', `Node '${title}' is of type 'tool', which this release cannot run yet.`, id)

test('steps that cannot run for one reason are told of together, by their titles', () => {
  const stuck = stuckSteps([yet('Search', '17101'), yet('Fetch', '17102')], NODES)
  expect(stuck).toEqual([{ reason: text.problems.kind('Tool'), steps: ['Search', 'Fetch'] }])
})

test('a reason of its own is told as the server says it, without the name that stands above it', () => {
  const jail = problem('not_runnable_yet', "Node 'Count' runs code, and nothing here can hold it.", '17103')
  expect(stuckSteps([yet('Search', '17101'), jail], NODES)[1]).toEqual({
    reason: 'Runs code, and nothing here can hold it.',
    steps: ['Count'],
  })
})

test('a step with several problems counts once, and what keeps the whole app is of no step', () => {
  const mode = problem('not_runnable_yet', "Apps of mode 'chat' cannot run yet.")
  expect(stuckCount([yet('Search', '17101'), yet('Search', '17101'), mode])).toBe(1)
  expect(remarks([mode, yet('Search', '17101'), problem('dangling_edge', 'It leads nowhere.')])).toHaveLength(1)
})

test('kinds of problems are told in words, those without words of their own too', () => {
  expect(kindOf(problem('not_runnable_yet', ''))).toBe(text.problems.codes.not_runnable_yet)
  expect(kindOf(problem('retry_without_effect', ''))).toBe('Retry without effect')
})
