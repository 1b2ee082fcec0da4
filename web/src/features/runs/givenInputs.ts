/** The inputs of a run as people read them: by the labels of the form, and files by their names. Pure. */

import { isObject } from '@/api/client'
import type { Graph, Json, JsonObject } from '@/api/types'

export function readableInputs(inputs: JsonObject, { nodes }: Pick<Graph, 'nodes'>): JsonObject {
  const fields = nodes.filter(({ type }) => type === 'start').flatMap(({ config }) => fieldsOf(config))
  const labels = new Map(fields)
  const shown = Object.keys(inputs).map((name) => labels.get(name) ?? name)
  // Two fields of one label are told apart by their names.
  const labelOf = (name: string) => {
    const label = labels.get(name) ?? name
    return shown.indexOf(label) === shown.lastIndexOf(label) ? label : name
  }
  return Object.fromEntries(Object.entries(inputs).map(([name, value]) => [labelOf(name), withFileNames(value)]))
}

function fieldsOf({ variables }: JsonObject): [string, string][] {
  return (Array.isArray(variables) ? variables : []).flatMap((field) =>
    isObject(field) && typeof field.variable === 'string' && typeof field.label === 'string' && field.label
      ? [[field.variable, field.label]]
      : [],
  )
}

function withFileNames(value: Json): Json {
  if (Array.isArray(value)) return value.map(withFileNames)
  if (!isObject(value) || typeof value.transfer_method !== 'string') return value
  return [value.filename, value.name, value.url, value.remote_url].find((word) => word) ?? value
}
