/** The form that starts a run: from its fields to values a person edits, and from those to inputs. Pure. */

import { isObject } from '@/api/client'
import type { FormField, Json, JsonObject } from '@/api/types'
import { text } from '@/ui/text'
import { fileErrorOf, fileInputs, filesOf, fromLines, type GivenFile, isFile } from './files'

export type FormValue = string | boolean | readonly GivenFile[]
export type FormValues = Readonly<Record<string, FormValue>>
export type FormErrors = Readonly<Record<string, string>>

export const shownFields = (form: readonly FormField[]): FormField[] => form.filter((field) => !field.hide)

/** What the form holds at first: defaults, over which given inputs (a sample, an earlier run) are laid. */
export function initialValues(form: readonly FormField[], given: JsonObject = {}): FormValues {
  return Object.fromEntries(
    form.map((field) => [field.variable, editable(field, given[field.variable] ?? field.default)]),
  )
}

function editable({ type }: FormField, value: Json | undefined): FormValue {
  if (type === 'checkbox') return value === true || value === 'true'
  if (isFile(type)) return filesOf(value)
  if (value === null || value === undefined) return ''
  return typeof value === 'object' ? JSON.stringify(value, null, 2) : String(value)
}

/** A field's files; what is given as text holds addresses, one a line. */
export const givenFiles = (value: FormValue | undefined): readonly GivenFile[] =>
  typeof value === 'string' ? fromLines(value) : Array.isArray(value) ? value : []

/** What is wrong with the values, by variable; empty where a run may start. */
export function validate(form: readonly FormField[], values: FormValues): FormErrors {
  return Object.fromEntries(
    form.flatMap((field) => {
      const error = errorOf(field, values[field.variable] ?? '')
      return error ? [[field.variable, error]] : []
    }),
  )
}

function errorOf(field: FormField, value: FormValue): string | null {
  if (isFile(field.type)) return fileErrorOf(field, givenFiles(value))
  if (typeof value !== 'string') return null
  const given = value.trim()
  if (given === '') return field.required ? text.form.required(field.label || field.variable) : null
  if (isText(field.type) && field.max_length && [...value].length > field.max_length)
    return text.form.tooLong(field.max_length)
  if (field.type === 'number') return Number.isFinite(Number(given)) ? null : text.form.notNumber
  if (field.type === 'json_object') return isObject(parsed(given)) ? null : text.form.notJson
  return null
}

export const isText = (type: string): boolean => type === 'text-input' || type === 'paragraph'

function parsed(value: string): unknown {
  try {
    return JSON.parse(value)
  } catch {
    return undefined
  }
}

/** The inputs of a run; fields left empty are left out. */
export function toInputs(form: readonly FormField[], values: FormValues): JsonObject {
  return Object.fromEntries(
    form.flatMap((field) => {
      const input = inputOf(field, values[field.variable] ?? '')
      return input === undefined ? [] : [[field.variable, input]]
    }),
  )
}

function inputOf({ type }: FormField, value: FormValue): Json | undefined {
  if (isFile(type)) return fileInputs(type, givenFiles(value))
  if (typeof value === 'boolean') return value
  if (typeof value !== 'string') return undefined
  const given = value.trim()
  if (given === '') return undefined
  if (type === 'number') return Number(given)
  if (type === 'json_object') return parsed(given) as Json
  return value
}
