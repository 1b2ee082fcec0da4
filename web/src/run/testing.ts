/** Events for tests, numbered as they come. */

import type { Run } from '@/api/types'
import type { RunEvent } from './events'

export type Said = { type: RunEvent['type']; node_id?: string | null; data?: object }

export const sequence = (said: readonly Said[], first = 1): RunEvent[] =>
  said.map(({ type, node_id = null, data = {} }, index) => {
    const seq = first + index
    return { seq, type, node_id, at: seq / 10, frame: [], data } as unknown as RunEvent
  })

export const began: Said = { type: 'run_started', data: { inputs: {}, app_id: 'a', version: null } }
export const started = (node_id: string, node_type = 'llm'): Said => ({
  type: 'node_started',
  node_id,
  data: { title: node_id, node_type, inputs: {} },
})
export const succeeded = (node_id: string, outputs: object = {}): Said => ({
  type: 'node_succeeded',
  node_id,
  data: { outputs, usage: null, elapsed_ms: 5 },
})
export const chunk = (node_id: string, text: string): Said => ({
  type: 'text_chunk',
  node_id,
  data: { text, from: [node_id, 'text'] },
})
export const ended = (answer: string | null = null): Said => ({
  type: 'run_succeeded',
  data: { outputs: {}, answer, usage: {} },
})

export const someRun: Run = {
  id: 'run-1',
  app_id: 'a',
  version: null,
  status: 'queued',
  inputs: {},
  query: null,
  source: 'console',
  end_user: '',
  created_at: '2026-01-01T00:00:00Z',
  conversation_id: null,
  message_id: null,
  outputs: {},
  answer: null,
  error: null,
  nodes: {},
  usage: {},
  notices: [],
  started_at: null,
  finished_at: null,
  elapsed_ms: null,
  questions: [],
  origin_id: null,
  origin_node_id: null,
  parent_id: null,
}
