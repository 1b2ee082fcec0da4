import { expect, test } from 'vitest'
import { edgeState } from './edges'
import { began, sequence, started, succeeded } from './testing'
import { applyEvents, idleView } from './view'

const nodesAfter = (...said: Parameters<typeof sequence>[0]) => applyEvents(idleView, sequence([began, ...said])).nodes

test('a thread is pulled while its target works, and coloured after', () => {
  const thread = { source: 'a', target: 'b', handle: 'source' }
  expect(edgeState(thread, nodesAfter(started('a')))).toBe('idle')
  expect(edgeState(thread, nodesAfter(started('a'), succeeded('a'), started('b')))).toBe('active')
  expect(edgeState(thread, nodesAfter(started('a'), succeeded('a'), started('b'), succeeded('b')))).toBe('taken')
})

test('only the chosen branch is taken, even where both lead to the same node', () => {
  const chosen = succeeded('sort', { class_id: 'billing' })
  const nodes = nodesAfter(started('sort', 'question-classifier'), chosen, started('b'), succeeded('b'))
  expect(edgeState({ source: 'sort', target: 'b', handle: 'billing' }, nodes)).toBe('taken')
  expect(edgeState({ source: 'sort', target: 'b', handle: 'other' }, nodes)).toBe('untaken')
})

test('the else of a condition is the handle called false', () => {
  const nodes = nodesAfter(started('if', 'if-else'), succeeded('if', { result: false }), started('b'))
  expect(edgeState({ source: 'if', target: 'b', handle: 'false' }, nodes)).toBe('active')
  expect(edgeState({ source: 'if', target: 'c', handle: 'true' }, nodes)).toBe('untaken')
})

test('a failure goes on by its fail branch only', () => {
  const failed = {
    type: 'node_failed',
    node_id: 'a',
    data: { error: { code: 'x', message: 'x' }, attempt: 1, handled: 'fail-branch' },
  } as const
  const nodes = nodesAfter(started('a'), failed, started('b'))
  expect(edgeState({ source: 'a', target: 'b', handle: 'fail-branch' }, nodes)).toBe('active')
  expect(edgeState({ source: 'a', target: 'b', handle: 'source' }, nodes)).toBe('untaken')
})

test('threads of skipped nodes are not taken', () => {
  const nodes = nodesAfter({ type: 'node_skipped', node_id: 'a' }, started('b'))
  expect(edgeState({ source: 'a', target: 'b', handle: 'source' }, nodes)).toBe('untaken')
})
