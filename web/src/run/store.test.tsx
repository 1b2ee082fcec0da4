// @vitest-environment happy-dom
import { act } from 'react'
import { createRoot } from 'react-dom/client'
import { expect, test, vi } from 'vitest'
import { ApiError } from '@/api/client'
import type { RunEvent } from './events'
import { type FollowOptions, followRun } from './follow'
import { createRunStore, RunProvider, useLive } from './store'
import { began, chunk, ended, type Said, sequence, someRun, started, succeeded } from './testing'

Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true })

const CHUNKS = 1000
const FRAMES = 10

/** A frame that comes when the test says so. */
function handFrames() {
  let waiting: (() => void) | null = null
  const schedule = (flush: () => void) => {
    waiting = flush
    return () => {
      waiting = null
    }
  }
  return { schedule, draw: () => waiting?.() }
}

/** Follows nothing: the test hands over the events. */
function handEvents() {
  let say: (events: RunEvent[]) => void = () => {}
  let end: () => void = () => {}
  const follow = ({ onEvents }: FollowOptions) => {
    say = onEvents
    return new Promise<void>((resolve) => {
      end = resolve
    })
  }
  return { follow, say: (events: RunEvent[]) => say(events), end: () => end() }
}

test('a thousand chunks in ten frames draw the answer ten times, and a node not once', async () => {
  const frames = handFrames()
  const wire = handEvents()
  const store = createRunStore({ schedule: frames.schedule, follow: wire.follow })
  const drawn = { text: 0, node: 0 }
  const Text = () => {
    drawn.text += 1
    return <p>{useLive(({ view }) => view.text)}</p>
  }
  const Node = () => {
    drawn.node += 1
    return <b>{useLive(({ view }) => view.nodes.llm?.status)}</b>
  }
  const page = document.createElement('div')
  await act(async () =>
    createRoot(page).render(
      <RunProvider value={store}>
        <Text />
        <Node />
      </RunProvider>,
    ),
  )
  await act(async () => {
    void store.attach(someRun)
    wire.say(sequence([began, started('llm')]))
    frames.draw()
  })
  drawn.text = 0
  drawn.node = 0
  const commits = vi.fn()
  store.subscribe(commits)
  const chunks = sequence(
    Array.from({ length: CHUNKS }, () => chunk('llm', 'x')),
    3,
  )
  for (let frame = 0; frame < FRAMES; frame += 1) {
    await act(async () => {
      const size = CHUNKS / FRAMES
      for (const event of chunks.slice(frame * size, (frame + 1) * size)) wire.say([event])
      frames.draw()
    })
  }
  expect(page.querySelector('p')?.textContent).toBe('x'.repeat(CHUNKS))
  expect(commits).toHaveBeenCalledTimes(FRAMES)
  expect(drawn).toEqual({ text: FRAMES, node: 0 })
})

test('what waits for a frame when the run ends is still shown', async () => {
  const wire = handEvents()
  const store = createRunStore({ schedule: () => () => {}, follow: wire.follow })
  const attached = store.attach(someRun)
  wire.say(sequence([began, started('a'), succeeded('a'), ended('Done')]))
  wire.end()
  await attached
  expect(store.getState().view).toMatchObject({ status: 'succeeded', answer: 'Done' })
})

test('a run that takes the place of another hears nothing more of it', async () => {
  const first = handEvents()
  const second = handEvents()
  const wires = [first, second]
  const frames = handFrames()
  const store = createRunStore({
    schedule: frames.schedule,
    follow: (options) => (wires.shift() ?? second).follow(options),
  })
  void store.attach(someRun)
  first.say(sequence([began, chunk('a', 'old')]))
  void store.attach({ ...someRun, id: 'run-2' })
  frames.draw()
  expect(store.getState()).toMatchObject({ run: { id: 'run-2' }, view: { text: '' } })
})

test('a run whose server died in the middle of an answer is told once and to its end', async () => {
  const before = sequence([began, started('llm'), chunk('llm', 'A loom '), chunk('llm', 'wea')])
  const resumed: Said = {
    type: 'node_retrying',
    node_id: 'llm',
    data: { error: null, attempt: 1, next_at: 0, reason: 'resumed', discard_from: 3 },
  }
  const said = [resumed, chunk('llm', 'A loom '), chunk('llm', 'weaves.'), succeeded('llm'), ended()]
  const answers = [before, null, null, sequence(said, 5)]
  const links = new Set<string>()
  const get = async () => {
    const events = answers.shift()
    if (!events) throw new TypeError('unreachable')
    return new Response(events.map((event) => `id: ${event.seq}\ndata: ${JSON.stringify(event)}\n\n`).join(''))
  }
  const store = createRunStore({
    follow: (options) => followRun({ ...options, fetch: get as typeof fetch, sleep: async () => {} }),
  })
  store.subscribe(({ link }) => links.add(link))
  await store.attach({ ...someRun, status: 'running' })
  expect(store.getState()).toMatchObject({ link: 'ended', view: { status: 'succeeded', text: 'A loom weaves.' } })
  expect(store.getState().view.nodes.llm).toMatchObject({ status: 'succeeded', error: null })
  expect(links).toContain('reconnecting')
})

test('where the events are gone, the record is shown with the reason', async () => {
  const gone = new ApiError(404, 'not_found', 'The events are gone.')
  const store = createRunStore({
    follow: () => Promise.reject(gone),
    read: async () => ({ ...someRun, status: 'succeeded', answer: 'From the record' }),
  })
  await store.attach(someRun)
  expect(store.getState()).toMatchObject({ trouble: gone, view: { status: 'succeeded', text: 'From the record' } })
})
