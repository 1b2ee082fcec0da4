import { expect, test } from 'vitest'
import type { JsonObject, Problem } from '@/api/types'
import { text } from '@/ui/text'
import { alwaysFails, kindOf, remarks, stuckCount, stuckSteps } from './problems'

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

/** An app of these threads (`a>b`, by a handle `a:yes>b`), whose step x cannot run. */
function drawn(threads: string, config: JsonObject = {}) {
  const edges = threads.split(' ').map((thread) => {
    const [from = '', target = ''] = thread.split('>')
    const [source = '', handle = 'source'] = from.split(':')
    return { id: thread, source, target, handle }
  })
  const ids = new Set(edges.flatMap(({ source, target }) => [source, target]))
  const nodes = [...ids].map((id) => ({ id, type: id === 's' ? 'start' : 'llm', config: id === 'x' ? config : {} }))
  return { nodes, edges, problems: [problem('not_runnable_yet', '', 'x')] }
}

test('an app whose every run comes to a step that cannot run cannot run', () => {
  expect(alwaysFails(drawn('s>a a>x x>e'))).toBe(true)
  expect(alwaysFails(drawn('s>a s>x a>e x>e'))).toBe(true)
  expect(alwaysFails({ ...drawn('s>x'), problems: [problem('no_model', '', 'x')] })).toBe(false)
})

test('an app may run by another way, round a step within a container, or on after a failure', () => {
  expect(alwaysFails(drawn('s>if if:yes>x if:no>e'))).toBe(false)
  expect(alwaysFails(drawn('s>loop loop>e begin>x'))).toBe(false)
  expect(alwaysFails(drawn('s>x x>e', { error_strategy: 'default-value' }))).toBe(false)
})

test('kinds of problems are told in words, those without words of their own too', () => {
  expect(kindOf(problem('not_runnable_yet', ''))).toBe(text.problems.codes.not_runnable_yet)
  expect(kindOf(problem('retry_without_effect', ''))).toBe('Retry without effect')
})
