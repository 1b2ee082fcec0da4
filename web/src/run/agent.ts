/** What an agent does on its way, read from its events. Pure. */

import { isObject } from '@/api/client'
import type { Json, JsonObject } from '@/api/types'
import type { RunEvent } from './events'

type StepEvent = RunEvent & { type: 'agent_step' }

export interface AgentStep {
  /** Tells it from the others of its run. */
  seq: number
  kind: 'thought' | 'tool' | 'approval' | 'notice'
  tool: string | null
  /** What the model wrote, or what came of a call. */
  text: string
  input: Json
  /** The tools that a thought asks for. */
  calls: readonly string[]
  failed: boolean
  approved: boolean
  tokens: number | null
  price: { amount: string; currency: string } | null
  /** What of its budget was used up. */
  endedBy: string | null
  /** Seconds since the run's start at which it was finished. */
  at: number
  elapsedMs: number
}

const KINDS = ['thought', 'tool', 'approval', 'notice'] as const

/** The steps with one more. Calls of one turn are made at once, so each took from its thought on. */
export function withStep(
  node: { steps: readonly AgentStep[]; startedAt: number | null },
  { seq, at, data }: StepEvent,
): readonly AgentStep[] {
  const kind = KINDS.find((known) => known === data.kind)
  if (!kind) return node.steps
  const output: JsonObject = isObject(data.output) ? data.output : { text: data.output }
  const usage = isObject(output.usage) ? output.usage : {}
  const before = kind === 'tool' ? node.steps.filter((step) => step.kind !== 'tool') : node.steps
  const step: AgentStep = {
    seq,
    kind,
    tool: data.tool,
    text: typeof output.text === 'string' ? output.text : '',
    input: data.input,
    calls: toolsOf(output.calls),
    failed: output.failed === true,
    approved: output.approved === true,
    tokens: typeof usage.total_tokens === 'number' ? usage.total_tokens : null,
    price: priceOf(usage),
    endedBy: typeof output.ended_by === 'string' ? output.ended_by : null,
    at,
    elapsedMs: Math.max(0, (at - (before.at(-1)?.at ?? node.startedAt ?? at)) * 1000),
  }
  return [...node.steps, step]
}

const toolsOf = (calls: Json | undefined): string[] =>
  Array.isArray(calls)
    ? calls.flatMap((call) => (isObject(call) && typeof call.tool === 'string' ? [call.tool] : []))
    : []

/** Nothing is no price worth telling. */
function priceOf({ total_price: amount, currency }: JsonObject): AgentStep['price'] {
  if (typeof amount !== 'string' || typeof currency !== 'string' || Number(amount) === 0) return null
  return { amount, currency }
}
