import { expect, test } from 'vitest'
import type { RunEvent } from './events'
import { began, chunk, ended, type Said, sequence, someRun, started, succeeded } from './testing'
import { applyEvent, applyEvents, idleView, isLive, restsOnRequest, viewOfRun } from './view'

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

test('what a node thought is forgotten where it runs again, and what it thought in another round is kept', () => {
  const inRound = (index: number, event: RunEvent): RunEvent => ({ ...event, frame: [['each', index]] })
  const thought = (text: string) => ({
    type: 'reasoning_chunk' as const,
    node_id: 'a',
    data: { text, from: ['a', 'r'] },
  })
  const again = { type: 'node_retrying' as const, node_id: 'a', data: { error: null, attempt: 1, discard_from: 3 } }
  const events = sequence([thought('first '), thought('second '), chunk('a', 'said'), again, thought('second again')])
  const rounds = [0, 1, 1, 1, 1].map((round, index) => inRound(round, events[index] as RunEvent))
  expect(applyEvents(idleView, rounds)).toMatchObject({ reasoning: 'first second again', text: '' })
})

test('what was said in the rounds of a container is forgotten where it runs again, and what others said is kept', () => {
  const again = { type: 'node_retrying' as const, node_id: 'each', data: { error: null, attempt: 2, discard_from: 2 } }
  const told = sequence([chunk('a', 'kept '), chunk('b', 'lost'), chunk('c', 'kept too'), again])
  const events = told.map((event, index): RunEvent => (index === 1 ? { ...event, frame: [['each', 0]] } : event))
  expect(applyEvents(idleView, events).text).toBe('kept kept too')
})

const asks = (node_id: string) => ({
  type: 'input_required' as const,
  node_id,
  data: { form: { text: 'Shall we?' }, actions: [{ id: 'yes' }], expires_at: null },
})
const answers = (node_id: string) => ({
  type: 'input_received' as const,
  node_id,
  data: { action: 'yes', values: { note: 'Do' } },
})
const waiting = { type: 'run_paused' as const, data: { reasons: [{ type: 'input', node_id: 'person' }] } }
const goesOn = { type: 'run_resumed' as const, data: { by: null } }

test('a run that asks a person is paused with its question open, and goes on when it is answered', () => {
  const said = sequence([began, started('person', 'human-input'), asks('person'), waiting, answers('person'), goesOn])
  const paused = applyEvents(idleView, said.slice(0, 4))
  expect(paused.status).toBe('paused')
  expect(isLive(paused.status)).toBe(true)
  expect(paused.nodes.person?.status).toBe('paused')
  expect(paused.questions).toEqual([
    {
      seq: 3,
      nodeId: 'person',
      frame: [],
      form: { text: 'Shall we?' },
      actions: [{ id: 'yes' }],
      expiresAt: null,
    },
  ])
  const resumed = applyEvents(paused, said)
  expect(resumed).toMatchObject({ status: 'running', questions: [] })
  expect(resumed.nodes.person?.status).toBe('running')
  expect(resumed.log).toHaveLength(6)
})

test('while another branch works a question does not pause the run', () => {
  const view = applyEvents(
    idleView,
    sequence([began, started('llm'), started('person', 'human-input'), asks('person')]),
  )
  expect(view.status).toBe('running')
  expect(view.questions).toHaveLength(1)
})

test('each round of a container asks for itself, and the answer to one leaves the other open', () => {
  const events = sequence([asks('person'), asks('person'), answers('person')])
  const rounds = events.map((event, index): RunEvent => ({ ...event, frame: [['each', index % 2]] }))
  expect(applyEvents(idleView, rounds).questions.map(({ frame }) => frame)).toEqual([[['each', 1]]])
})

test('a run that ends has no question open', () => {
  const ends = [
    { type: 'run_stopped' as const, data: { by: 'me' } },
    { type: 'run_failed' as const, data: { error: { code: 'timeout', message: 'Too late.' }, node_id: null } },
    ended(),
  ]
  for (const end of ends) {
    const view = applyEvents(idleView, sequence([began, started('person'), asks('person'), waiting, end]))
    expect(view.questions).toEqual([])
  }
})

test('the outputs of a workflow that stream one after the other are kept apart', () => {
  const view = applyEvents(idleView, sequence([began, chunk('a', 'one '), chunk('a', 'more'), chunk('b', 'two')]))
  expect(view.parts.map(({ source, text }) => [source, text])).toEqual([
    ['a.text', 'one more'],
    ['b.text', 'two'],
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

test('a result of another run is marked as such', () => {
  const reused = { type: 'node_succeeded' as const, node_id: 'a', data: { outputs: {}, usage: null, reused: true } }
  const view = applyEvents(idleView, sequence([began, reused, started('b'), succeeded('b')]))
  expect([view.nodes.a?.reused, view.nodes.b?.reused]).toEqual([true, false])
})

test('only a run that somebody paused waits to be resumed', () => {
  const asked = { type: 'asked', by: 'Ada' }
  const input = { type: 'input', node_id: 'ask', frame: [] }
  const after = (...reasons: object[]) =>
    applyEvents(idleView, sequence([began, asks('person'), { type: 'run_paused', data: { reasons } }]))
  expect(restsOnRequest(after(input))).toBe(false)
  expect(restsOnRequest(after(input, asked))).toBe(true)
  expect(restsOnRequest(applyEvents(after(asked), sequence([{ type: 'run_resumed', data: { by: 'Ada' } }], 4)))).toBe(
    false,
  )
})

test('a stored run still shows what it asks', () => {
  const open = { node_id: 'ask', frame: [], form: { content: 'Sure?' }, actions: [], expires_at: null }
  expect(viewOfRun({ ...someRun, status: 'paused', questions: [open] }).questions).toMatchObject([
    { nodeId: 'ask', form: { content: 'Sure?' } },
  ])
})

test('a node that its server left half way is told of once, and what it had said is gone', () => {
  const anew = (discard_from: number | null): Said => ({
    type: 'node_retrying',
    node_id: 'a',
    data: { error: null, attempt: 1, next_at: 0, reason: 'resumed', discard_from },
  })
  const view = applyEvents(
    idleView,
    sequence([began, started('a'), chunk('a', 'Half'), anew(3), started('a'), anew(null)]),
  )
  expect(view.text).toBe('')
  expect(view.resumed).toEqual([{ nodeId: 'a', unsaid: true }])
  const failed: Said = { ...anew(3), data: { error: { code: 'x', message: 'y' }, attempt: 1, next_at: 0 } }
  expect(applyEvents(idleView, sequence([began, started('a'), failed])).resumed).toEqual([])
})
