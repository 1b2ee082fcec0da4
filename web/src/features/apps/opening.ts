import { isObject } from '@/api/client'
import type { AppOverview } from '@/api/types'

/** How a chat app opens the talk. Pure. */
export function openingOf({ features }: Pick<AppOverview, 'features'>): { statement: string; questions: string[] } {
  const known = isObject(features) ? features : {}
  const questions = Array.isArray(known.suggested_questions) ? known.suggested_questions : []
  return {
    statement: typeof known.opening_statement === 'string' ? known.opening_statement : '',
    questions: questions.filter((question): question is string => typeof question === 'string' && question !== ''),
  }
}
