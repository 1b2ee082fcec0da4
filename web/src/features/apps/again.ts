/** The inputs of an earlier run on their way to the form of its app, kept in the browser's history. Pure. */

import { isObject } from '@/api/client'
import type { JsonObject, Run } from '@/api/types'

export const withInputsOf = ({ inputs }: Pick<Run, 'inputs'>) => ({ inputs })

/** What the page was opened with; the history may hold anything, so its shape is not trusted. */
export const givenInputs = (state: unknown): JsonObject =>
  isObject(state) && isObject(state.inputs) ? state.inputs : {}
