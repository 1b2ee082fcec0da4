/** The files of a form's field: on their way in, handed in, or given by their addresses. Pure. */

import { isObject } from '@/api/client'
import type { FormField, Json, JsonObject } from '@/api/types'
import { text } from '@/ui/text'

export interface GivenFile {
  /** Its own among the files of a field. */
  key: string
  name: string
  /** In bytes; null where nobody knows. */
  size: number | null
  /** What a run is given; null while it is not handed in yet. */
  input: JsonObject | null
  /** How much of it has left, 0 to 1. */
  share: number
  error: string | null
}

export const isFile = (type: string): boolean => type === 'file' || type === 'file-list'

/** Of what a run was given: a file or several, as it was stored. */
export const filesOf = (value: Json | undefined): GivenFile[] =>
  (Array.isArray(value) ? value : [value]).flatMap((file, index) => {
    if (typeof file === 'string') return file ? [fromAddress(file)] : []
    return isObject(file) ? [fromInput(file, index)] : []
  })

function fromInput(input: JsonObject, index: number): GivenFile {
  const { filename, name, url, related_id, upload_file_id, size } = input
  const words = [filename, name, url].find((word) => typeof word === 'string' && word !== '')
  const id = [related_id, upload_file_id, url].find((word) => typeof word === 'string' && word !== '')
  return {
    key: String(id ?? index),
    name: String(words ?? text.form.file.unnamed),
    size: typeof size === 'number' && size >= 0 ? size : null,
    input,
    share: 1,
    error: null,
  }
}

/** Lines of addresses. */
export const fromLines = (lines: string): GivenFile[] =>
  lines
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean)
    .map(fromAddress)

const KINDS: [string, RegExp][] = [
  ['image', /^(png|jpe?g|gif|webp|svg)$/],
  ['audio', /^(mp3|m4a|wav|amr|mpga)$/],
  ['video', /^(mp4|mov|mpe?g|webm)$/],
]

export function fromAddress(url: string): GivenFile {
  const file = { key: url, name: url, size: null, share: 1 }
  if (!isWebAddress(url)) return { ...file, input: null, error: text.form.notUrl }
  const extension = new URL(url).pathname.split('.').at(-1)?.toLowerCase() ?? ''
  const type = KINDS.find(([, pattern]) => pattern.test(extension))?.[0] ?? 'document'
  return { ...file, input: { type, transfer_method: 'remote_url', url }, error: null }
}

const isWebAddress = (value: string): boolean => /^https?:\/\/[^\s/]/i.test(value) && URL.canParse(value)

/** How many a field takes; null for any number. */
export const mostOf = ({ type, max_length }: Pick<FormField, 'type' | 'max_length'>): number | null =>
  type === 'file' ? 1 : max_length || null

/** What is wrong with a field's files, or null. */
export function fileErrorOf(field: FormField, files: readonly GivenFile[]): string | null {
  if (!files.length) return field.required ? text.form.required(field.label || field.variable) : null
  if (files.some(({ error }) => error)) return text.form.file.failed
  if (files.some(({ input }) => !input)) return text.form.file.pending
  const most = mostOf(field)
  return most !== null && files.length > most ? text.ask.tooManyFiles(most) : null
}

/** What a run is given of them. */
export function fileInputs(type: string, files: readonly GivenFile[]): Json | undefined {
  const inputs = files.flatMap(({ input }) => (input ? [input] : []))
  if (!inputs.length) return undefined
  return type === 'file' ? inputs[0] : inputs
}

type Takes = Pick<FormField, 'file_types' | 'file_extensions'>

/** Of the kinds that a browser has a word for, and the endings of those it has none for: an `accept` attribute. */
export function acceptOf({ file_types: types = [], file_extensions: extensions = [] }: Takes): string | undefined {
  if (!types.length || (types.includes('custom') && !extensions.length)) return undefined
  return types
    .flatMap((type) => {
      if (type === 'custom') return extensions.map((ending) => `.${ending.replace(/^\./, '').toLowerCase()}`)
      return type === 'document' ? DOCUMENTS : [`${type}/*`]
    })
    .join(',')
}

const DOCUMENTS = (
  '.txt .md .mdx .markdown .pdf .html .htm .xml .epub .json .yaml .yml .csv ' +
  '.doc .docx .xls .xlsx .ppt .pptx .eml .msg'
).split(' ')

/** What a field takes, in words; empty where it takes anything. */
export function takenOf({ file_types: types = [], file_extensions: extensions = [] }: Takes): string {
  return types
    .flatMap((type) =>
      type === 'custom' ? extensions.map((ending) => ending.toLowerCase()) : [text.form.file.kinds[type] ?? type],
    )
    .join(', ')
}

const allows = ({ file_methods: methods = [] }: Pick<FormField, 'file_methods'>, method: string): boolean =>
  !methods.length || methods.includes(method)

export const takesUploads = (field: FormField): boolean => allows(field, 'local_file')
export const takesAddresses = (field: FormField): boolean => allows(field, 'remote_url')

/** Larger than any file that a server takes: not worth sending. */
export const LARGEST = 25_000_000
