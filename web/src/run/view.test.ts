import { expect, test } from 'vitest'
import type { RunEvent } from './events'
import { began, chunk, ended, sequence, someRun, started, succeeded } from './testing'
import { applyEvent, applyEvents, idleView, viewOfRun } from './view'

test('a run that goes well is told from its events', () => {
  const view = applyEvents(
    idleView,
    sequence([
      began,
      started('llm'),
      chunk('llm', 'Good '),
      chunk('llm', 'day'),
      succeeded('llm', { text: 'Good day' }),
      ended('Good day'),
    ]),
  )
  expect(view).toMatchObject({ seq: 6, status: 'succeeded', text: 'Good day', answer: 'Good day', order: ['llm'] })
  expect(view.nodes.llm).toMatchObject({ status: 'succeeded', outputs: { text: 'Good day' }, runs: 1, elapsedMs: 5 })
})

test('an event that comes twice changes nothing', () => {
  const events = sequence([began, started('llm'), chunk('llm', 'once')])
  const view = applyEvents(idleView, events)
  for (const event of events) expect(applyEvent(view, event)).toBe(view)
})

test('text is kept out of the timeline', () => {
  const view = applyEvents(idleView, sequence([began, started('llm'), chunk('llm', 'a'), chunk('llm', 'b'), ended()]))
  expect(view.log.map((event) => event.type)).toEqual(['run_started', 'node_started', 'run_succeeded'])
})

test('after a crash, what a node said from the given seq on is forgotten, and nothing else', () => {
  const said = sequence([
    began,
    started('a'),
    chunk('a', 'kept '),
    started('b'),
    chunk('b', 'lost '),
    chunk('a', 'kept too'),
  ])
  const [resumed] = sequence(
    [
      {
        type: 'node_retrying',
        node_id: 'b',
        data: { error: null, attempt: 2, next_at: 1, reason: 'resumed', discard_from: 4 },
      },
    ],
    7,
  )
  const view = applyEvents(idleView, [...said, resumed as RunEvent])
  expect(view.text).toBe('kept kept too')
  expect(view.nodes.b?.status).toBe('retrying')
  expect(applyEvents(view, sequence([chunk('b', ', again')], 8)).text).toBe('kept kept too, again')
})

test('the outputs of a workflow that stream one after the other are kept apart', () => {
  const view = applyEvents(idleView, sequence([began, chunk('a', 'one '), chunk('a', 'more'), chunk('b', 'two')]))
  expect(view.parts).toEqual([
    { source: 'a.text', text: 'one more' },
    { source: 'b.text', text: 'two' },
  ])
})

test('a run that is stopped stops what was running in it', () => {
  const view = applyEvents(
    idleView,
    sequence([began, started('a'), succeeded('a'), started('b'), { type: 'run_stopped', data: { by: 'me' } }]),
  )
  expect(view.status).toBe('stopped')
  expect([view.nodes.a?.status, view.nodes.b?.status]).toEqual(['succeeded', 'stopped'])
})

test('a failed run names the node that failed it', () => {
  const failure = { code: 'model_unavailable', message: 'No answer.' }
  const view = applyEvents(
    idleView,
    sequence([
      began,
      started('llm'),
      { type: 'node_failed', node_id: 'llm', data: { error: failure, attempt: 1, elapsed_ms: 3 } },
      { type: 'run_failed', node_id: 'llm', data: { error: failure, node_id: 'llm' } },
    ]),
  )
  expect(view.error).toEqual({ ...failure, node_id: 'llm' })
  expect(view.nodes.llm).toMatchObject({ status: 'failed', error: failure })
})

test('a node that runs again, in a round or after a failure, counts its runs', () => {
  const view = applyEvents(idleView, sequence([began, started('a'), succeeded('a'), started('a')]))
  expect(view.nodes.a).toMatchObject({ runs: 2, status: 'running', outputs: null })
  expect(view.order).toEqual(['a'])
})

test('an event of a type that is not known yet does no harm', () => {
  const [event] = sequence([{ type: 'tomorrow' as RunEvent['type'] }])
  expect(applyEvent(idleView, event as RunEvent)).toMatchObject({ seq: 1, status: 'idle' })
})

test('a stored run is shown without its events', () => {
  const nodes = { a: { status: 'succeeded', outputs: { x: 1 }, error: null, elapsed_ms: 9, runs: 1 } }
  const view = viewOfRun({ ...someRun, status: 'succeeded', answer: 'Yes', nodes })
  expect(view).toMatchObject({ status: 'succeeded', text: 'Yes', order: ['a'] })
  expect(view.nodes.a).toMatchObject({ status: 'succeeded', outputs: { x: 1 } })
})
