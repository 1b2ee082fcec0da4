/** A run told as a talk: its words, and between them what it asked and was told, in the order in which that came. Pure. */

import type { Answered, Question } from './questions'
import type { RunView } from './view'

export type Told =
  | { kind: 'words'; words: string }
  | { kind: 'question'; question: Question }
  | { kind: 'answer'; answer: Answered }

type Talk = Pick<RunView, 'parts' | 'questions' | 'answers'>

/** What was asked; first what has been answered. */
export const askedOf = ({ questions, answers }: Omit<Talk, 'parts'>): Told[] => [
  ...answers.map((answer) => ({ kind: 'answer' as const, answer })),
  ...questions.map((question) => ({ kind: 'question' as const, question })),
]

export function talkOf({ parts, ...asked }: Talk): Told[] {
  const waiting = askedOf(asked).sort((one, other) => seqOf(one) - seqOf(other))
  const told: Told[] = []
  for (const { first, text } of parts) {
    while (waiting[0] && seqOf(waiting[0]) < first) told.push(...waiting.splice(0, 1))
    const last = told.at(-1)
    if (last?.kind === 'words') last.words += text
    else told.push({ kind: 'words', words: text })
  }
  return [...told, ...waiting]
}

const seqOf = (told: Told): number =>
  told.kind === 'question' ? told.question.seq : told.kind === 'answer' ? told.answer.seq : 0
