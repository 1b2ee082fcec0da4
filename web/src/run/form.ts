/** The form that starts a run: from its fields to values a person edits, and from those to inputs. Pure. */

import { isObject } from '@/api/client'
import type { FormField, Json, JsonObject } from '@/api/types'
import { text } from '@/ui/text'

export type FormValue = string | boolean
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
  if (value === null || value === undefined) return ''
  if (isFile(type)) return addresses(value).join('\n')
  return typeof value === 'object' ? JSON.stringify(value, null, 2) : String(value)
}

export const isFile = (type: string): boolean => type === 'file' || type === 'file-list'

const addresses = (value: Json): string[] =>
  (Array.isArray(value) ? value : [value]).flatMap((file) => {
    if (isObject(file)) return typeof file.url === 'string' ? [file.url] : []
    return typeof file === 'string' && file ? [file] : []
  })

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
  if (typeof value === 'boolean') return null
  const given = value.trim()
  if (given === '') return field.required ? text.form.required(field.label || field.variable) : null
  if (isText(field.type) && field.max_length && [...value].length > field.max_length)
    return text.form.tooLong(field.max_length)
  if (field.type === 'number') return Number.isFinite(Number(given)) ? null : text.form.notNumber
  if (field.type === 'json_object') return isObject(parsed(given)) ? null : text.form.notJson
  if (isFile(field.type)) return lines(given).every(isWebAddress) ? null : text.form.notUrl
  return null
}

export const isText = (type: string): boolean => type === 'text-input' || type === 'paragraph'

const lines = (value: string): string[] =>
  value
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean)

const isWebAddress = (value: string): boolean => /^https?:\/\/[^\s/]/i.test(value) && URL.canParse(value)

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
  if (typeof value === 'boolean') return value
  const given = value.trim()
  if (given === '') return undefined
  if (type === 'number') return Number(given)
  if (type === 'json_object') return parsed(given) as Json
  if (type === 'file') return remoteFile(given)
  if (type === 'file-list') return lines(given).map(remoteFile)
  return value
}

const KINDS: [string, RegExp][] = [
  ['image', /^(png|jpe?g|gif|webp|svg)$/],
  ['audio', /^(mp3|m4a|wav|webm|amr|mpga)$/],
  ['video', /^(mp4|mov|mpe?g)$/],
]

function remoteFile(url: string): JsonObject {
  const extension = new URL(url).pathname.split('.').at(-1)?.toLowerCase() ?? ''
  const type = KINDS.find(([, pattern]) => pattern.test(extension))?.[0] ?? 'document'
  return { type, transfer_method: 'remote_url', url }
}
