/** Follow a run's events to their end, across dropped connections, each event once and in order. */

import { workspaceHeader } from '@/api/chosen'
import { refusal } from '@/api/client'
import { isTerminal, type RunEvent } from './events'
import { createSseParser } from './sse'

export type LinkState = 'connecting' | 'live' | 'reconnecting' | 'ended'

export interface FollowOptions {
  runId: string
  /** Events up to this `seq` are already known. */
  after?: number
  signal: AbortSignal
  onEvents: (events: RunEvent[]) => void
  onLink?: (state: LinkState) => void
  fetch?: typeof fetch
  sleep?: Sleep
  /** Waits while the run rests; says whether it was woken before its time. */
  rest?: (ms: number, signal: AbortSignal) => Promise<boolean>
}

type Sleep = (ms: number, signal: AbortSignal) => Promise<void>

const BACKOFF_MS = [300, 700, 1500, 3000, 6000, 10_000]

/** When to ask after a run that rests, where the server does not hold the line meanwhile. */
const RESTING_MS = [300, 700, 1500, 3000]

/** Resolves after the terminal event, or when aborted. Throws `ApiError` where the server refuses the stream. */
export async function followRun(options: FollowOptions): Promise<void> {
  const { signal, onLink = () => {}, sleep = sleepFor, rest = unwoken(sleep) } = options
  let seq = options.after ?? 0
  let failures = 0
  let resting = false
  let rests = 0
  onLink('connecting')
  while (!signal.aborted) {
    const before = seq
    const connection = await connect(options, seq)
    if (connection) {
      onLink('live')
      for await (const events of eventsOf(connection, signal)) {
        const fresh = inOrder(events, seq)
        const last = fresh.at(-1)
        if (last) {
          seq = last.seq
          resting = last.type === 'run_paused'
          options.onEvents(fresh)
          if (isTerminal(last)) return onLink('ended')
        }
        // A hole in the sequence: what is missing comes when we ask again from the last one we have.
        if (events.some((event) => event.seq > seq)) break
      }
    }
    if (signal.aborted) return
    failures = connection && (resting || seq > before) ? 0 : failures + 1
    if (connection && resting) {
      rests = seq > before ? 0 : rests + 1
      if (await rest(delay(RESTING_MS, rests), signal)) rests = -1
      continue
    }
    onLink('reconnecting')
    await sleep(delay(BACKOFF_MS, failures), signal)
  }
}

const delay = (steps: readonly number[], count: number): number => steps[Math.min(count, steps.length - 1)] ?? 0

const unwoken = (sleep: Sleep) => async (ms: number, signal: AbortSignal) => {
  await sleep(ms, signal)
  return false
}

/** A rest that can be cut short by whoever knows that the run goes on. */
export function createRest(): { rest: NonNullable<FollowOptions['rest']>; wake: () => void } {
  let alarm = new AbortController()
  const rest = async (ms: number, signal: AbortSignal) => {
    const mine = alarm.signal
    await sleepFor(ms, AbortSignal.any([signal, mine]))
    return mine.aborted
  }
  const wake = () => {
    alarm.abort()
    alarm = new AbortController()
  }
  return { rest, wake }
}

/** The events that continue after `seq` without repetition and without a hole. */
function inOrder(events: readonly RunEvent[], seq: number): RunEvent[] {
  const fresh: RunEvent[] = []
  for (const event of events) if (event.seq === seq + fresh.length + 1) fresh.push(event)
  return fresh
}

/** An open stream, or null where the server could not be reached just now. */
async function connect({ runId, signal, fetch: get = fetch }: FollowOptions, seq: number): Promise<Response | null> {
  let response: Response
  try {
    response = await get(`/api/v1/runs/${encodeURIComponent(runId)}/events`, {
      credentials: 'same-origin',
      headers: {
        Accept: 'text/event-stream',
        ...workspaceHeader(),
        ...(seq > 0 && { 'Last-Event-ID': String(seq) }),
      },
      signal,
    })
  } catch {
    return null
  }
  if (response.ok && response.body) return response
  if (response.status >= 500 || response.status === 429) return null
  throw await refusal(response)
}

async function* eventsOf(response: Response, signal: AbortSignal): AsyncGenerator<RunEvent[]> {
  const parse = createSseParser()
  const decoder = new TextDecoder()
  const reader = response.body?.getReader()
  try {
    while (reader && !signal.aborted) {
      const { done, value } = await reader.read()
      if (done) return
      const messages = parse(decoder.decode(value, { stream: true }))
      if (messages.length) yield messages.flatMap(({ data }) => eventFrom(data))
    }
  } catch {
    // A cut connection ends the stream; the caller resumes it.
  } finally {
    await reader?.cancel().catch(() => {})
  }
}

function eventFrom(data: string): RunEvent[] {
  try {
    const event = JSON.parse(data) as RunEvent
    return typeof event?.seq === 'number' ? [event] : []
  } catch {
    return []
  }
}

function sleepFor(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const wake = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', wake)
      resolve()
    }
    const timer = setTimeout(wake, ms)
    signal.addEventListener('abort', wake)
  })
}
