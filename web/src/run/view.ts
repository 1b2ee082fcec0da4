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

const fold = (view: RunView, event: RunEvent): RunView => {
  // A newer server may say more than we know; what it says must not break the view.
  const say = FOLDS[event.type] as ((view: RunView, event: RunEvent) => RunView) | undefined
  return say ? say(view, event) : view
}

type Of<Type extends RunEvent['type']> = RunEvent & { type: Type }
type Folds = { [Type in RunEvent['type']]: (view: RunView, event: Of<Type>) => RunView }

const unchanged = (view: RunView): RunView => view
const running = (view: RunView): RunView => ({ ...view, status: 'running' })
const paused = (view: RunView): RunView => ({ ...view, status: 'paused' })

/** What each type of event does to the view; a type added to the union must be added here. */
const FOLDS: Folds = {
  run_started: running,
  run_resumed: running,
  input_received: running,
  run_paused: paused,
  input_required: paused,
  run_succeeded: (view, event) => ({ ...view, ...ending(event), status: 'succeeded' }),
  run_partially_succeeded: (view, event) => ({ ...view, ...ending(event), status: 'partial-succeeded' }),
  run_failed: (view, { data, node_id }) =>
    settle({ ...view, status: 'failed', error: { ...data.error, node_id: data.node_id ?? node_id } }),
  run_stopped: (view) => settle({ ...view, status: 'stopped' }),
  node_started: (view, event) => withNode(view, event, (node) => started(node, event)),
  node_retrying: (view, event) =>
    forgetFrom(
      withNode(view, event, (node) => ({ ...node, status: 'retrying', error: event.data.error })),
      event.node_id,
      event.data.discard_from ?? null,
    ),
  node_succeeded: (view, event) => withNode(view, event, (node) => succeeded(node, event)),
  node_failed: (view, event) => withNode(view, event, (node) => failed(node, event)),
  node_skipped: (view, event) => withNode(view, event, (node) => ({ ...node, status: 'skipped' })),
  text_chunk: (view, event) => withChunk(view, chunkOf(view, event)),
  reasoning_chunk: (view, event) => ({ ...view, reasoning: view.reasoning + event.data.text }),
  agent_step: unchanged,
  iteration_started: unchanged,
  iteration_next: unchanged,
  iteration_succeeded: unchanged,
  iteration_failed: unchanged,
  loop_started: unchanged,
  loop_next: unchanged,
  loop_succeeded: unchanged,
  loop_failed: unchanged,
}

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

function started(node: NodeView, event: Of<'node_started'>): NodeView {
  const { title, node_type: type, inputs } = event.data
  return { ...unseen(node.id), title, type, inputs, startedAt: event.at, runs: node.runs + 1 }
}

function succeeded(node: NodeView, { data }: Of<'node_succeeded'>): NodeView {
  const { outputs, usage, elapsed_ms: elapsedMs } = data
  return { ...node, status: 'succeeded', outputs, usage, elapsedMs, error: null }
}

function failed(node: NodeView, event: Of<'node_failed'>): NodeView {
  const { error, handled = null, outputs = null, elapsed_ms = null } = event.data
  return { ...node, status: 'failed', error, handled, outputs, elapsedMs: elapsed_ms }
}

const chunkOf = (view: RunView, event: Of<'text_chunk'>): Chunk => ({
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

const ending = ({ data }: Of<'run_succeeded' | 'run_partially_succeeded'>) => ({
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
