/** What a run asks of people and has no answer to yet. Pure. */

import type { JsonObject } from '@/api/types'
import type { Frame, RunEvent } from './events'
import { isSameFrame } from './frames'

/** A node that waits for somebody; in a container, one for each round that asks. */
export interface Question {
  seq: number
  nodeId: string
  frame: Frame
  form: JsonObject
  actions: readonly JsonObject[]
  /** Seconds since the epoch; null waits for ever. */
  expiresAt: number | null
}

type Asked = RunEvent & { type: 'input_required' }
type Answered = RunEvent & { type: 'input_received' }

export function withQuestion(questions: readonly Question[], event: Asked): readonly Question[] {
  const { seq, node_id: nodeId, frame, data } = event
  if (nodeId === null) return questions
  const { form, actions, expires_at: expiresAt } = data
  return [...withoutAnswered(questions, event), { seq, nodeId, frame, form, actions, expiresAt }]
}

export const withoutAnswered = (
  questions: readonly Question[],
  { node_id, frame }: Asked | Answered,
): readonly Question[] =>
  questions.filter((question) => question.nodeId !== node_id || !isSameFrame(question.frame, frame))
