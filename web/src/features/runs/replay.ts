/** What a run that repeats another is asked to do differently. Pure. */

import { isObject } from '@/api/client'
import type { FormField, Json, JsonObject, ReplayRequest } from '@/api/types'
import { type FormValues, initialValues, toInputs } from '@/run/form'

/** A node from which on the new run runs anew; without one, all of it does. */
export interface From {
  nodeId: string
  title: string
  /** Null where it has given nothing. */
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

/** The run's inputs but for the files beside the form, which stay as they were. */
export function editable({ 'sys.files': _files, ...inputs }: JsonObject): JsonObject {
  return inputs
}

/** Whether the app's form, as it is now, can show all these inputs. */
export const fits = (form: readonly FormField[], inputs: JsonObject): boolean =>
  form.length > 0 && Object.keys(inputs).every((name) => form.some(({ variable }) => variable === name))

/** What a person changed in the form; null for what was emptied. */
export function changedFields(form: readonly FormField[], inputs: JsonObject, values: FormValues): JsonObject {
  const before = toInputs(form, initialValues(form, inputs))
  const given = toInputs(form, values)
  const changed = form.filter(({ variable }) => !isSame(given[variable], before[variable]))
  return Object.fromEntries(changed.map(({ variable }) => [variable, given[variable] ?? null]))
}

/** What a person changed in the JSON; null for what was taken out. */
export function changedInputs(before: JsonObject, after: JsonObject): JsonObject {
  const gone = Object.keys(before).filter((name) => !(name in after))
  const changed = Object.entries(after).filter(([name, value]) => !isSame(value, before[name]))
  return Object.fromEntries([...changed, ...gone.map((name) => [name, null] as const)])
}

const isSame = (one: Json | undefined, other: Json | undefined): boolean =>
  JSON.stringify(one) === JSON.stringify(other)

export function requestOf(from: From | null, change: Change, edited: JsonObject): ReplayRequest {
  const request: ReplayRequest = from ? { node_id: from.nodeId } : {}
  if (change === 'inputs' && Object.keys(edited).length) return { ...request, inputs: edited }
  if (change === 'outputs' && from) return { ...request, outputs: { [from.nodeId]: edited } }
  return request
}
