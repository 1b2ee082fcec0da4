import { expect, test } from 'vitest'
import { ApiError } from '@/api/client'
import type { RunEvent } from './events'
import { createRest, followRun } from './follow'
import { began, chunk, ended, sequence, started, succeeded } from './testing'

const ALL = sequence([began, started('a'), chunk('a', 'x'), chunk('a', 'y'), succeeded('a'), ended('xy')])

const frames = (events: readonly RunEvent[]): string =>
  events.map((event) => `id: ${event.seq}\ndata: ${JSON.stringify(event)}\n\n`).join('')

/** A connection that says this and then stays open. */
const open = (said: string): ReadableStream =>
  new ReadableStream({ start: (controller) => controller.enqueue(new TextEncoder().encode(said)) })

/** A server whose connections say these things, one after the other; `null` is a connection that never opens. */
function server(connections: (string | ReadableStream | null)[]) {
  const asked: (string | undefined)[] = []
  const get = async (_url: unknown, init?: RequestInit) => {
    asked.push(new Headers(init?.headers).get('Last-Event-ID') ?? undefined)
    const said = connections.shift()
    if (said === null || said === undefined) throw new TypeError('unreachable')
    return new Response(said)
  }
  return { asked, get: get as typeof fetch }
}

async function follow(get: typeof fetch, after = 0) {
  const events: RunEvent[] = []
  const waits: number[] = []
  const links: string[] = []
  await followRun({
    runId: 'r',
    after,
    signal: new AbortController().signal,
    fetch: get,
    sleep: async (ms) => void waits.push(ms),
    onEvents: (fresh) => events.push(...fresh),
    onLink: (link) => links.push(link),
  })
  return { seqs: events.map((event) => event.seq), waits, links }
}

test('a dropped connection is taken up where it broke, with no event lost or repeated', async () => {
  const { asked, get } = server([frames(ALL.slice(0, 3)), frames(ALL.slice(2, 5)), null, frames(ALL.slice(5))])
  const { seqs, links } = await follow(get)
  expect(seqs).toEqual([1, 2, 3, 4, 5, 6])
  expect(asked).toEqual([undefined, '3', '5', '5'])
  expect(links.at(-1)).toBe('ended')
})

test('a hole in the sequence is asked for again, though the connection holds', async () => {
  const { asked, get } = server([open(frames([ALL[0], ALL[2]] as RunEvent[])), frames(ALL.slice(1))])
  expect((await follow(get)).seqs).toEqual([1, 2, 3, 4, 5, 6])
  expect(asked).toEqual([undefined, '1'])
})

test('the wait grows while the server stays away, and is short again after progress', async () => {
  const { get } = server([null, null, null, frames(ALL.slice(0, 2)), frames(ALL.slice(2))])
  const { waits } = await follow(get)
  expect(waits.slice(0, 3)).toEqual([...waits.slice(0, 3)].sort((a, b) => a - b))
  expect(waits[2]).toBeGreaterThan(waits[0] as number)
  expect(waits[3]).toBeLessThan(waits[0] as number)
})

test('following can begin after what is known', async () => {
  const { asked, get } = server([frames(ALL.slice(4))])
  expect((await follow(get, 4)).seqs).toEqual([5, 6])
  expect(asked).toEqual(['4'])
})

test('a frame that is no event is passed over', async () => {
  const { get } = server([`event: error\ndata: {"error":{}}\n\ndata: not json\n\n${frames(ALL)}`])
  expect((await follow(get)).seqs).toEqual([1, 2, 3, 4, 5, 6])
})

test('a stream that the server refuses is an error with its code', async () => {
  const body = JSON.stringify({ error: { code: 'not_found', message: 'There is no run with this id.' } })
  const get = (async () => new Response(body, { status: 404 })) as typeof fetch
  await expect(follow(get)).rejects.toMatchObject({ constructor: ApiError, code: 'not_found', status: 404 })
})

test('one who lets go is not called any more', async () => {
  const control = new AbortController()
  const events: RunEvent[] = []
  const { get, asked } = server([frames(ALL.slice(0, 2)), frames(ALL.slice(2))])
  const take = (fresh: RunEvent[]) => {
    events.push(...fresh)
    control.abort()
  }
  await followRun({ runId: 'r', signal: control.signal, fetch: get, sleep: async () => {}, onEvents: take })
  expect(events).toHaveLength(2)
  expect(asked).toHaveLength(1)
})

test('a stream that ends with a pause is asked for again calmly, and goes on with the run', async () => {
  const paused = sequence([began, { type: 'run_paused', data: { reasons: [] } }])
  const rest = sequence([{ type: 'run_resumed', data: { by: null } }, ended()], 3)
  const { asked, get } = server([frames(paused), '', frames(rest)])
  const { seqs, links } = await follow(get)
  expect(seqs).toEqual([1, 2, 3, 4])
  expect(asked).toEqual([undefined, '2', '2'])
  expect(links).not.toContain('reconnecting')
})

test('a rest is cut short by whoever knows that the run goes on', async () => {
  const { rest, wake } = createRest()
  const resting = rest(3_600_000, new AbortController().signal)
  wake()
  expect(await resting).toBe(true)
  expect(await rest(0, new AbortController().signal)).toBe(false)
})
