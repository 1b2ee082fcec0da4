/** What a person sees of a run: a fold over its events. Pure; the same events always make the same view. */

import type { JsonObject, NodeResult, Run, RunError, RunStatus } from '@/api/types'
import type { RunEvent } from './events'

export type NodeStatus = 'running' | 'retrying' | 'succeeded' | 'failed' | 'skipped' | 'stopped'

export interface NodeView {
  id: string
  title: string
  type: string
  status: NodeStatus
  inputs: JsonObject | null
  outputs: JsonObject | null
  error: { code: string; message: string } | null
  usage: JsonObject | null
  elapsedMs: number | null
  /** Seconds since the run's start. */
  startedAt: number | null
  /** How often it has started: retries and rounds of a container included. */
  runs: number
  /** "fail-branch" or "default-value" where it failed and the run went on. */
  handled: string | null
}

export interface Part {
  source: string
  text: string
}

/** Chunks are a linked list, so that adding one costs the same however long the answer is. */
interface Chunk {
  seq: number
  nodeId: string | null
  source: string
  text: string
  before: Chunk | null
}

export interface RunView {
  /** The last event that was applied; what a resumed stream continues after. */
  seq: number
  status: RunStatus | 'idle'
  nodes: Readonly<Record<string, NodeView>>
  /** Node ids in the order in which they first started or were skipped. */
  order: readonly string[]
  text: string
  /** The same text, cut where its source changes: a workflow with several outputs streams one after the other. */
  parts: readonly Part[]
  reasoning: string
  chunks: Chunk | null
  outputs: JsonObject | null
  answer: string | null
  error: RunError | null
  usage: JsonObject | null
  /** Seconds since the run's start at the last event. */
  at: number
  /** Everything but text, for the timeline. */
  log: readonly RunEvent[]
}

export const idleView: RunView = {
  seq: 0,
  status: 'idle',
  nodes: {},
  order: [],
  text: '',
  parts: [],
  reasoning: '',
  chunks: null,
  outputs: null,
  answer: null,
  error: null,
  usage: null,
  at: 0,
  log: [],
}

export const isLive = (status: RunView['status']): boolean =>
  status === 'queued' || status === 'running' || status === 'paused'

/** The view after one more event. An event that was already applied changes nothing. */
export function applyEvent(view: RunView, event: RunEvent): RunView {
  if (event.seq <= view.seq) return view
  const next = { ...fold(view, event), seq: event.seq, at: event.at }
  return isText(event) ? next : { ...next, log: [...view.log, event] }
}

export const applyEvents = (view: RunView, events: readonly RunEvent[]): RunView => events.reduce(applyEvent, view)

const isText = (event: RunEvent): boolean => event.type === 'text_chunk' || event.type === 'reasoning_chunk'

function fold(view: RunView, event: RunEvent): RunView {
  switch (event.type) {
    case 'run_started':
    case 'run_resumed':
    case 'input_received':
      return { ...view, status: 'running' }
    case 'run_paused':
    case 'input_required':
      return { ...view, status: 'paused' }
    case 'node_started':
      return withNode(view, event, (node) => started(node, event))
    case 'node_retrying':
      return forgetFrom(
        withNode(view, event, (node) => ({ ...node, status: 'retrying', error: event.data.error })),
        event.node_id,
        event.data.discard_from ?? null,
      )
    case 'node_succeeded': {
      const { outputs, usage, elapsed_ms } = event.data
      return withNode(view, event, (node) => ({
        ...node,
        status: 'succeeded',
        outputs,
        usage,
        elapsedMs: elapsed_ms,
        error: null,
      }))
    }
    case 'node_failed':
      return withNode(view, event, (node) => failed(node, event))
    case 'node_skipped':
      return withNode(view, event, (node) => ({ ...node, status: 'skipped' }))
    case 'text_chunk':
      return withChunk(view, chunkOf(view, event))
    case 'reasoning_chunk':
      return { ...view, reasoning: view.reasoning + event.data.text }
    case 'run_succeeded':
      return { ...view, ...ending(event), status: 'succeeded' }
    case 'run_partially_succeeded':
      return { ...view, ...ending(event), status: 'partial-succeeded' }
    case 'run_failed': {
      const error = { ...event.data.error, node_id: event.data.node_id ?? event.node_id }
      return settle({ ...view, status: 'failed', error })
    }
    case 'run_stopped':
      return settle({ ...view, status: 'stopped' })
    case 'agent_step':
    case 'iteration_started':
    case 'iteration_next':
    case 'iteration_succeeded':
    case 'iteration_failed':
    case 'loop_started':
    case 'loop_next':
    case 'loop_succeeded':
    case 'loop_failed':
      return view
    default:
      return newerThanUs(view, event)
  }
}

/** A newer server may say more than we know; what it says must not break the view. A new member of the union must. */
const newerThanUs = (view: RunView, _event: never): RunView => view

function withNode(view: RunView, event: RunEvent, change: (node: NodeView) => NodeView): RunView {
  const id = event.node_id
  if (id === null) return view
  const known = view.nodes[id]
  return {
    ...view,
    nodes: { ...view.nodes, [id]: change(known ?? unseen(id)) },
    order: known ? view.order : [...view.order, id],
  }
}

const unseen = (id: string): NodeView => ({
  id,
  title: '',
  type: '',
  status: 'running',
  inputs: null,
  outputs: null,
  error: null,
  usage: null,
  elapsedMs: null,
  startedAt: null,
  runs: 0,
  handled: null,
})

function started(node: NodeView, event: Extract<RunEvent, { type: 'node_started' }>): NodeView {
  const { title, node_type: type, inputs } = event.data
  return { ...unseen(node.id), title, type, inputs, startedAt: event.at, runs: node.runs + 1 }
}

function failed(node: NodeView, event: Extract<RunEvent, { type: 'node_failed' }>): NodeView {
  const { error, handled = null, outputs = null, elapsed_ms = null } = event.data
  return { ...node, status: 'failed', error, handled, outputs, elapsedMs: elapsed_ms }
}

const chunkOf = (view: RunView, event: Extract<RunEvent, { data: { text: string } }>): Chunk => ({
  seq: event.seq,
  nodeId: event.data.from[0] ?? event.node_id,
  source: event.data.from.join('.'),
  text: event.data.text,
  before: view.chunks,
})

const withChunk = (view: RunView, chunk: Chunk): RunView => ({
  ...view,
  text: view.text + chunk.text,
  parts: extended(view.parts, chunk),
  chunks: chunk,
})

function extended(parts: readonly Part[], { source, text }: Chunk): Part[] {
  const last = parts.at(-1)
  if (last?.source !== source) return [...parts, { source, text }]
  return [...parts.slice(0, -1), { source, text: last.text + text }]
}

const ending = ({ data }: Extract<RunEvent, { data: { answer: string | null } }>) => ({
  outputs: data.outputs,
  answer: data.answer,
  usage: data.usage,
})

/** After a run was cut short, what was still running was cut short with it. */
function settle(view: RunView): RunView {
  const nodes = Object.fromEntries(
    Object.entries(view.nodes).map(([id, node]) => [
      id,
      isBusy(node.status) ? { ...node, status: 'stopped' as const } : node,
    ]),
  )
  return { ...view, nodes }
}

export const isBusy = (status: NodeStatus): boolean => status === 'running' || status === 'retrying'

/** Take back what a node said from `seq` on: it runs again after a crash and will say it again. */
function forgetFrom(view: RunView, nodeId: string | null, seq: number | null): RunView {
  if (seq === null) return view
  const kept = listed(view.chunks).filter((chunk) => chunk.seq < seq || chunk.nodeId !== nodeId)
  const blank: RunView = { ...view, text: '', parts: [], chunks: null }
  return kept.reduce((told, chunk) => withChunk(told, { ...chunk, before: told.chunks }), blank)
}

function listed(last: Chunk | null): Chunk[] {
  const chunks: Chunk[] = []
  for (let chunk = last; chunk; chunk = chunk.before) chunks.push(chunk)
  return chunks.reverse()
}

/** The view of a stored run, for when its events have not come yet or are gone. */
export function viewOfRun(run: Run): RunView {
  const nodes = Object.entries(run.nodes ?? {}).map(([id, result]) => [id, nodeOfResult(id, result)] as const)
  return {
    ...idleView,
    status: run.status,
    nodes: Object.fromEntries(nodes),
    order: nodes.map(([id]) => id),
    text: run.answer ?? '',
    parts: run.answer ? [{ source: '', text: run.answer }] : [],
    outputs: run.outputs,
    answer: run.answer,
    error: run.error,
    usage: run.usage,
    at: (run.elapsed_ms ?? 0) / 1000,
  }
}

const KNOWN: ReadonlySet<string> = new Set(['running', 'retrying', 'succeeded', 'failed', 'skipped', 'stopped'])

const nodeOfResult = (id: string, result: NodeResult): NodeView => ({
  ...unseen(id),
  status: (KNOWN.has(result.status) ? result.status : 'running') as NodeStatus,
  outputs: result.outputs,
  error: result.error,
  elapsedMs: result.elapsed_ms,
  runs: result.runs,
})
