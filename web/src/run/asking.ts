/** The form of a question: from what the run asks to fields that a person fills in, and from those to an answer. Pure. */

import { isObject } from '@/api/client'
import type { FormField, Json, JsonObject } from '@/api/types'
import { text } from '@/ui/text'
import { isFile } from './files'
import { type FormErrors, type FormValues, givenFiles, toInputs, validate } from './form'

export interface AskedField extends FormField {
  /** It takes only files of one's own machine, which cannot be handed in yet. */
  uploadOnly: boolean
  /** How many files it takes at most; 0 for any number. */
  most: number
}

/** `place` is its own among the parts of a form. */
export type AskedPart = { place: number } & ({ kind: 'words'; words: string } | { kind: 'field'; field: AskedField })

export interface AskedAction {
  id: string
  title: string
  style: string
}

/** Fields stand where the words name them (`{{#$output.name#}}`), those that are not named at the end. */
export function partsOf(form: JsonObject): AskedPart[] {
  const fields = new Map(fieldsOf(form).map((field) => [field.variable, field]))
  const parts: AskedPart[] = []
  const place = (field: AskedField) => {
    parts.push({ place: parts.length, kind: 'field', field })
    fields.delete(field.variable)
  }
  // Split with one group, every odd piece is a name.
  for (const [index, piece] of str(form.content).split(PLACE).entries()) {
    const field = fields.get(piece)
    if (index % 2 === 0) parts.push({ place: parts.length, kind: 'words', words: piece })
    else if (field) place(field)
  }
  for (const field of [...fields.values()]) place(field)
  return parts.filter((part) => part.kind === 'field' || part.words.trim() !== '')
}

const PLACE = /\{\{#\$output\.([a-zA-Z_][a-zA-Z0-9_]{0,29})#\}\}/

export const fieldsOf = (form: JsonObject): AskedField[] => objects(form.fields).map(fieldOf)

function fieldOf(asked: JsonObject): AskedField {
  const type = str(asked.type)
  const ways = texts(asked.allowed_file_upload_methods)
  return {
    variable: str(asked.name),
    label: str(asked.label),
    type,
    // A text may be left empty, and a list of files too.
    required: type === 'select' || type === 'file',
    default: asked.default ?? null,
    options: texts(asked.options),
    max_length: null,
    description: '',
    hide: false,
    uploadOnly: isFile(type) && ways.length > 0 && !ways.includes('remote_url'),
    most: typeof asked.number_limits === 'number' ? asked.number_limits : 0,
  }
}

export const actionsOf = (actions: readonly JsonObject[]): AskedAction[] =>
  actions.map((action) => ({
    id: str(action.id),
    title: str(action.title) || str(action.id),
    style: str(action.style),
  }))

/** What is wrong with the values, by field; empty where they may be sent. */
export const refusalsOf = (fields: readonly AskedField[], values: FormValues): FormErrors => ({
  ...validate(fields, values),
  ...Object.fromEntries(
    fields.flatMap((field) => {
      const error = fileErrorOf(field, values[field.variable])
      return error ? [[field.variable, error]] : []
    }),
  ),
})

function fileErrorOf(
  { type, uploadOnly, required, most }: AskedField,
  value: FormValues[string] | undefined,
): string | null {
  if (uploadOnly && required) return text.ask.noUpload
  const count = givenFiles(value).length
  return type === 'file-list' && most > 0 && count > most ? text.ask.tooManyFiles(most) : null
}

/** Every field has a value, if only an empty one. */
export function valuesOf(fields: readonly AskedField[], values: FormValues): JsonObject {
  const given = toInputs(fields, values)
  return Object.fromEntries(fields.map(({ variable, type }) => [variable, given[variable] ?? emptyOf(type)]))
}

const emptyOf = (type: string): Json => (type === 'file-list' ? [] : type === 'file' ? null : '')

const str = (value: Json | undefined): string => (typeof value === 'string' ? value : '')
const objects = (value: Json | undefined): JsonObject[] => (Array.isArray(value) ? value.filter(isObject) : [])
const texts = (value: Json | undefined): string[] =>
  Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : []
