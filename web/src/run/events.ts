/** The events of a run as they come over the wire: one ordered, gap-free sequence, `seq` from 1. */

import type { Json, JsonObject, RunError } from '@/api/types'

/** Container and index of each enclosing round, outermost first; empty outside. */
export type Frame = [string, number][]

interface Envelope<Type extends string, Data> {
  seq: number
  type: Type
  node_id: string | null
  /** Seconds since the run's start. */
  at: number
  frame: Frame
  data: Data
}

type Failure = { code: string; message: string }
type Round = { index?: number; length?: number; outputs?: unknown }
type RoundType = `${'iteration' | 'loop'}_${'started' | 'next' | 'succeeded' | 'failed'}`
type Ended = { outputs: JsonObject; answer: string | null; usage: JsonObject | null }

export type RunEvent =
  | Envelope<'run_started', { inputs: JsonObject; app_id: string | null; version: number | null; origin?: JsonObject }>
  | Envelope<'node_started', { title: string; node_type: string; inputs: JsonObject }>
  | Envelope<
      'node_retrying',
      { error: Failure | null; attempt: number; next_at: number; reason?: string; discard_from?: number | null }
    >
  | Envelope<'node_succeeded', { outputs: JsonObject; usage: JsonObject | null; elapsed_ms: number; reused?: boolean }>
  | Envelope<
      'node_failed',
      { error: Failure; attempt: number; handled?: string | null; outputs?: JsonObject | null; elapsed_ms?: number }
    >
  | Envelope<'node_skipped', Record<string, never>>
  | Envelope<'text_chunk' | 'reasoning_chunk', { text: string; from: string[] }>
  | Envelope<'agent_step', { step: number; kind: string; tool: string | null; input: Json; output: Json }>
  | Envelope<RoundType, Round>
  | Envelope<'input_required', { form: JsonObject; actions: JsonObject[]; expires_at: number | null }>
  | Envelope<'input_received', { action: string | null; values: JsonObject }>
  | Envelope<'run_paused', { reasons: JsonObject[] }>
  | Envelope<'run_resumed', { by?: string | null }>
  | Envelope<'run_succeeded' | 'run_partially_succeeded', Ended>
  | Envelope<'run_failed', { error: RunError; node_id: string | null }>
  | Envelope<'run_stopped', { by: string }>

const TERMINAL: ReadonlySet<string> = new Set(['run_succeeded', 'run_partially_succeeded', 'run_failed', 'run_stopped'])

/** A run's sequence ends with exactly one of these. */
export const isTerminal = (event: RunEvent): boolean => TERMINAL.has(event.type)
