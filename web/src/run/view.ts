/** What a person sees of a run: a fold over its events. Pure; the same events always make the same view. */

import type { JsonObject, NodeResult, Run, RunError, RunStatus } from '@/api/types'
import { type AgentStep, withStep } from './agent'
import type { RunEvent } from './events'
import { type Answered, type Question, questionsOf, withAnswer, withoutAnswered, withQuestion } from './questions'
import { nothingSaid, type Said, withCut, withoutRetried, withWords } from './said'

export type NodeStatus = 'running' | 'retrying' | 'paused' | 'succeeded' | 'failed' | 'skipped' | 'stopped'

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
  /** It did not run: the result that it had in another run stands in. */
  reused: boolean
  /** What an agent has thought and called so far, across attempts. */
  steps: readonly AgentStep[]
}

export interface RunView extends Said {
  /** The last event that was applied; what a resumed stream continues after. */
  seq: number
  status: RunStatus | 'idle'
  nodes: Readonly<Record<string, NodeView>>
  /** Node ids in the order in which they first started or were skipped. */
  order: readonly string[]
  /** What it waits for people to say, the oldest first. */
  questions: readonly Question[]
  /** What it has been told, in that order. */
  answers: readonly Answered[]
  /** Nodes that were cut off by the end of their server, and began again. */
  resumed: readonly Resumed[]
  /** Somebody asked it to pause, so that it goes on only once somebody resumes it. */
  held: boolean
  outputs: JsonObject | null
  answer: string | null
  error: RunError | null
  usage: JsonObject | null
  /** Seconds since the run's start at the last event. */
  at: number
  /** Everything but text, for the timeline. */
  log: readonly RunEvent[]
}

export interface Resumed {
  nodeId: string
  /** What it had said already was taken back. */
  unsaid: boolean
}

export const idleView: RunView = {
  ...nothingSaid,
  seq: 0,
  status: 'idle',
  nodes: {},
  order: [],
  questions: [],
  answers: [],
  resumed: [],
  held: false,
  outputs: null,
  answer: null,
  error: null,
  usage: null,
  at: 0,
  log: [],
}

export const isLive = (status: RunView['status']): boolean =>
  status === 'queued' || status === 'running' || status === 'paused'

/** Whether it waits for somebody to resume it, and not only for answers. */
export const restsOnRequest = ({ status, held, questions }: RunView): boolean =>
  status === 'paused' && (held || questions.length === 0)

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
const running = (view: RunView): RunView => ({ ...view, status: 'running', held: false })

/** What each type of event does to the view; a type added to the union must be added here. */
const FOLDS: Folds = {
  run_started: running,
  run_resumed: running,
  run_paused: (view, { data }) => ({
    ...view,
    status: 'paused',
    held: data.reasons.some(({ type }) => type === 'asked'),
  }),
  // A question does not pause the run by itself: other branches may go on, and an answer may come before they end.
  input_required: (view, event) =>
    withNode({ ...view, ...withCut(view, event.seq), questions: withQuestion(view.questions, event) }, event, asking),
  input_received: (view, event) =>
    withNode(
      { ...view, questions: withoutAnswered(view.questions, event), answers: withAnswer(view, event) },
      event,
      answered,
    ),
  run_succeeded: (view, event) => ({ ...view, ...ending(event), status: 'succeeded' }),
  run_partially_succeeded: (view, event) => ({ ...view, ...ending(event), status: 'partial-succeeded' }),
  run_failed: (view, { data, node_id }) =>
    settle({ ...view, status: 'failed', error: { ...data.error, node_id: data.node_id ?? node_id } }),
  run_stopped: (view) => settle({ ...view, status: 'stopped' }),
  node_started: (view, event) => withNode(view, event, (node) => started(node, event)),
  node_retrying: (view, event) =>
    withNode({ ...view, ...withoutRetried(view, event), resumed: withResumed(view, event) }, event, (node) =>
      retrying(node, event),
    ),
  node_succeeded: (view, event) => withNode(view, event, (node) => succeeded(node, event)),
  node_failed: (view, event) => withNode(view, event, (node) => failed(node, event)),
  node_skipped: (view, event) => withNode(view, event, (node) => ({ ...node, status: 'skipped' })),
  text_chunk: (view, event) => ({ ...view, ...withWords(view, event) }),
  reasoning_chunk: (view, event) => ({ ...view, ...withWords(view, event) }),
  agent_step: (view, event) => withNode(view, event, (node) => ({ ...node, steps: withStep(node, event) })),
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
  reused: false,
  steps: [],
})

function started(node: NodeView, event: Of<'node_started'>): NodeView {
  const { title, node_type: type, inputs } = event.data
  // A node that was cut off makes no finished step again, so none of them is told anew.
  const steps = isBusy(node.status) ? node.steps : []
  return { ...unseen(node.id), title, type, inputs, startedAt: event.at, runs: node.runs + 1, steps }
}

const retrying = (node: NodeView, { data }: Of<'node_retrying'>): NodeView => ({
  ...node,
  status: 'retrying',
  error: data.error,
})

function withResumed({ resumed }: RunView, { node_id, data }: Of<'node_retrying'>): readonly Resumed[] {
  if (data.reason !== 'resumed' || node_id === null) return resumed
  const before = resumed.find(({ nodeId }) => nodeId === node_id)
  const unsaid = Boolean(before?.unsaid) || (data.discard_from ?? null) !== null
  return [...resumed.filter((other) => other !== before), { nodeId: node_id, unsaid }]
}

const asking = (node: NodeView): NodeView => ({ ...node, status: 'paused' })
const answered = (node: NodeView): NodeView => (node.status === 'paused' ? { ...node, status: 'running' } : node)

function succeeded(node: NodeView, { data }: Of<'node_succeeded'>): NodeView {
  const { outputs, usage, elapsed_ms: elapsedMs, reused = false } = data
  return { ...node, status: 'succeeded', outputs, usage, elapsedMs, error: null, reused }
}

function failed(node: NodeView, event: Of<'node_failed'>): NodeView {
  const { error, handled = null, outputs = null, elapsed_ms = null } = event.data
  return { ...node, status: 'failed', error, handled, outputs, elapsedMs: elapsed_ms }
}

const ending = ({ data }: Of<'run_succeeded' | 'run_partially_succeeded'>) => ({
  outputs: data.outputs,
  answer: data.answer,
  usage: data.usage,
  questions: [],
})

/** After a run was cut short, what was still running was cut short with it. */
function settle(view: RunView): RunView {
  const nodes = Object.fromEntries(
    Object.entries(view.nodes).map(([id, node]) => [
      id,
      isBusy(node.status) ? { ...node, status: 'stopped' as const } : node,
    ]),
  )
  return { ...view, nodes, questions: [] }
}

/** Whether a node has begun and has not ended. */
export const isBusy = (status: NodeStatus): boolean =>
  status === 'running' || status === 'retrying' || status === 'paused'

/** The view of a stored run, for when its events have not come yet or are gone. */
export function viewOfRun(run: Run): RunView {
  const nodes = Object.entries(run.nodes ?? {}).map(([id, result]) => [id, nodeOfResult(id, result)] as const)
  return {
    ...idleView,
    status: run.status,
    nodes: Object.fromEntries(nodes),
    order: nodes.map(([id]) => id),
    text: run.answer ?? '',
    parts: run.answer ? [{ source: '', text: run.answer, first: 0, last: 0 }] : [],
    outputs: run.outputs,
    questions: questionsOf(run.questions ?? []),
    answer: run.answer,
    error: run.error,
    usage: run.usage,
    at: (run.elapsed_ms ?? 0) / 1000,
  }
}

const KNOWN: ReadonlySet<string> = new Set([
  'running',
  'retrying',
  'paused',
  'succeeded',
  'failed',
  'skipped',
  'stopped',
])

const nodeOfResult = (id: string, result: NodeResult): NodeView => ({
  ...unseen(id),
  status: (KNOWN.has(result.status) ? result.status : 'running') as NodeStatus,
  outputs: result.outputs,
  error: result.error,
  elapsedMs: result.elapsed_ms,
  runs: result.runs,
})
