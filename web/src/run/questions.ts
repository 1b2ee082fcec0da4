/** What a run asks of people, and what they have told it. Pure. */

import type { JsonObject, OpenQuestion } from '@/api/types'
import type { Frame, RunEvent } from './events'
import { isSameFrame } from './frames'

/** A node that waits for somebody; in a container, one for each round that asks. */
export interface Question {
  /** Of the event that asked; 0 where only the stored run tells of it. */
  seq: number
  nodeId: string
  frame: Frame
  form: JsonObject
  actions: readonly JsonObject[]
  /** Seconds since the epoch; null waits for ever. */
  expiresAt: number | null
}

/** A question and what came of it; without an action, its time ran out. */
export interface Answered extends Question {
  action: string | null
  values: JsonObject
}

type Asked = RunEvent & { type: 'input_required' }
type Received = RunEvent & { type: 'input_received' }

export function withQuestion(questions: readonly Question[], event: Asked): readonly Question[] {
  const { seq, node_id: nodeId, frame, data } = event
  if (nodeId === null) return questions
  const { form, actions, expires_at: expiresAt } = data
  return [...withoutAnswered(questions, event), { seq, nodeId, frame, form, actions, expiresAt }]
}

export const withoutAnswered = (questions: readonly Question[], event: Asked | Received): readonly Question[] =>
  questions.filter((question) => !isOf(question, event))

interface Told {
  questions: readonly Question[]
  answers: readonly Answered[]
}

export function withAnswer({ questions, answers }: Told, event: Received): readonly Answered[] {
  const asked = questions.find((question) => isOf(question, event))
  return asked ? [...answers, { ...asked, action: event.data.action, values: event.data.values }] : answers
}

const isOf = (question: Question, { node_id, frame }: Asked | Received): boolean =>
  question.nodeId === node_id && isSameFrame(question.frame, frame)

export const questionsOf = (open: readonly OpenQuestion[]): Question[] =>
  open.map(({ node_id: nodeId, frame, form, actions, expires_at: expiresAt }) => ({
    seq: 0,
    nodeId,
    frame,
    form,
    actions,
    expiresAt,
  }))

/** The same for one question in every tab and after every reload. */
export const keyOf = ({ nodeId, frame }: Question): string => JSON.stringify([nodeId, frame])
