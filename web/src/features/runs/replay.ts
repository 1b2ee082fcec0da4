/** What a run that repeats another is asked to do differently. Pure. */

import { isObject } from '@/api/client'
import type { FormField, JsonObject, ReplayRequest } from '@/api/types'
import { type FormValues, initialValues, toInputs } from '@/run/form'

/** A node from which on the new run runs anew; without one, all of it does. */
export interface From {
  nodeId: string
  title: string
  outputs: JsonObject | null
}

export type Change = 'nothing' | 'outputs' | 'inputs'

/** An object out of what was typed, or null where it is none. */
export function objectOf(typed: string): JsonObject | null {
  try {
    const value: unknown = JSON.parse(typed)
    return isObject(value) ? value : null
  } catch {
    return null
  }
}

/** Whether the app's form, as it is now, can show all that the run was given. */
export const fits = (form: readonly FormField[], inputs: JsonObject): boolean =>
  form.length > 0 && Object.keys(inputs).every((name) => form.some(({ variable }) => variable === name))

/** The run's inputs, with those fields put in their place that a person has changed. */
export function editedInputs(form: readonly FormField[], inputs: JsonObject, values: FormValues): JsonObject {
  const before = initialValues(form, inputs)
  const given = toInputs(form, values)
  const edited: JsonObject = { ...inputs }
  for (const { variable } of form) {
    if (values[variable] === before[variable]) continue
    const input = given[variable]
    if (input === undefined) delete edited[variable]
    else edited[variable] = input
  }
  return edited
}

export function requestOf(from: From | null, change: Change, edited: JsonObject): ReplayRequest {
  const request: ReplayRequest = from ? { node_id: from.nodeId } : {}
  if (change === 'inputs') return { ...request, inputs: edited }
  if (change === 'outputs' && from) return { ...request, outputs: { [from.nodeId]: edited } }
  return request
}
