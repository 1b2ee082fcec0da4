/** What a node is set to do, in a few rows that a person can read. Pure. */

import { isObject } from '@/api/client'
import type { GraphNode, Json, JsonObject } from '@/api/types'

export type Term =
  | 'model'
  | 'prompt'
  | 'template'
  | 'query'
  | 'classes'
  | 'conditions'
  | 'variables'
  | 'outputs'
  | 'request'
  | 'code'
  | 'tool'
  | 'instruction'
  | 'form'
  | 'fields'
  | 'actions'
  | 'timeout'
  | 'app'
  | 'version'
  | 'inputs'

export interface Summary {
  hint: string
  rows: { term: Term; text: string }[]
}

/** What a step is called; an id that is none, such as `sys`, stays as it is. */
export type TitleOf = (id: string) => string

export function summaryOf({ type, config, handles }: GraphNode, titleOf: TitleOf = (id) => id): Summary {
  const named = withTitles(config, titleOf)
  const rows = rowsOf(type, named).filter((row) => row.text.trim() !== '')
  return { hint: hintOf(type, named, handles), rows }
}

/** The settings with what refers to steps by their ids, in selectors and in templates, calling them by their titles. */
function withTitles(config: JsonObject, titleOf: TitleOf): JsonObject {
  const named = (value: Json): Json => {
    if (typeof value === 'string') return value.replace(REFERENCE, (_, id, path) => `{{${titleOf(id)} › ${path}}}`)
    if (Array.isArray(value)) return isSelector(value) ? [titleOf(value[0]), ...value.slice(1)] : value.map(named)
    return isObject(value) ? Object.fromEntries(Object.entries(value).map(([key, item]) => [key, named(item)])) : value
  }
  return named(config) as JsonObject
}

const REFERENCE = /\{\{#([\w-]+)\.([\w.-]+)#\}\}/g

const isSelector = (value: Json[]): value is [string, ...string[]] =>
  value.length > 1 && value.every((part) => typeof part === 'string')

function hintOf(type: string, config: JsonObject, handles: readonly unknown[]): string {
  if (isObject(config.model)) return str(config.model.name)
  if (type === 'http-request') return `${str(config.method).toUpperCase()} ${str(config.url)}`.trim()
  if (type === 'tool') return str(config.tool_label) || str(config.tool_name)
  if (type === 'human-input') return list(config.user_actions).map(actionTitle).join(' / ')
  if (type === 'sub-workflow') return ID.test(str(config.app_id)) ? '' : str(config.app_id)
  if (type === 'code') return str(config.code_language)
  if (type === 'start')
    return list(config.variables)
      .map((variable) => str(variable.variable))
      .join(', ')
  if (type === 'answer') return firstLine(str(config.answer))
  if (type === 'template-transform') return firstLine(str(config.template))
  return handles.length > 1 ? `${handles.length}` : ''
}

/** An app named by its id says nothing to a reader. */
const ID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i

function rowsOf(type: string, config: JsonObject): Summary['rows'] {
  return [
    { term: 'model', text: modelText(config.model) },
    { term: 'query', text: selector(config.query_variable_selector ?? config.query) },
    { term: 'prompt', text: promptText(config.prompt_template) },
    { term: 'instruction', text: str(config.instruction) },
    {
      term: 'classes',
      text: list(config.classes)
        .map((entry) => str(entry.name))
        .join('\n'),
    },
    { term: 'conditions', text: conditionsText(config) },
    { term: 'template', text: str(config.template) || (type === 'answer' ? str(config.answer) : '') },
    { term: 'request', text: `${str(config.method).toUpperCase()} ${str(config.url)}`.trim() },
    { term: 'tool', text: str(config.tool_label) || str(config.tool_name) },
    { term: 'code', text: str(config.code) },
    ...(type === 'human-input' ? questionRows(config) : []),
    ...(type === 'sub-workflow' ? subflowRows(config) : []),
    { term: 'variables', text: variablesText(config.variables) },
    { term: 'outputs', text: list(config.outputs).map(variableText).join('\n') },
  ]
}

const questionRows = (config: JsonObject): Summary['rows'] => [
  { term: 'form', text: str(config.form_content) },
  { term: 'fields', text: list(config.inputs).map(fieldText).join('\n') },
  { term: 'actions', text: list(config.user_actions).map(actionTitle).join('\n') },
  { term: 'timeout', text: [str(config.timeout), str(config.timeout_unit)].filter(Boolean).join(' ') },
]

const actionTitle = (action: JsonObject): string => str(action.title) || str(action.id)

const fieldText = (field: JsonObject): string =>
  [str(field.label) || str(field.output_variable_name), str(field.type)].filter(Boolean).join(': ')

const subflowRows = (config: JsonObject): Summary['rows'] => [
  { term: 'app', text: str(config.app_id) },
  { term: 'version', text: str(config.version) },
  { term: 'query', text: str(config.query) },
  { term: 'inputs', text: list(config.inputs).map(inputText).join('\n') },
]

const inputText = (input: JsonObject): string =>
  `${str(input.variable)} ← ${selector(input.value_selector) || str(input.value)}`

const str = (value: Json | undefined): string =>
  typeof value === 'string' ? value : typeof value === 'number' || typeof value === 'boolean' ? String(value) : ''

const list = (value: Json | undefined): JsonObject[] => (Array.isArray(value) ? value.filter(isObject) : [])

const firstLine = (text: string): string => text.trim().split('\n', 1)[0] ?? ''

const selector = (value: Json | undefined): string =>
  Array.isArray(value) ? value.filter((part) => typeof part === 'string').join(' › ') : ''

function modelText(model: Json | undefined): string {
  if (!isObject(model)) return ''
  return [str(model.provider), str(model.name)].filter(Boolean).join(' / ')
}

function promptText(prompt: Json | undefined): string {
  if (isObject(prompt)) return str(prompt.text)
  return list(prompt)
    .map((message) => `${str(message.role)}: ${str(message.text)}`)
    .join('\n\n')
}

function conditionsText(config: JsonObject): string {
  const cases = list(config.cases)
  const groups = cases.length ? cases : [config]
  return groups
    .map((group) =>
      list(group.conditions)
        .map(conditionText)
        .join(` ${str(group.logical_operator) || 'and'} `),
    )
    .filter(Boolean)
    .join('\n')
}

const conditionText = (condition: JsonObject): string =>
  [selector(condition.variable_selector), str(condition.comparison_operator), str(condition.value)]
    .filter(Boolean)
    .join(' ')

function variablesText(variables: Json | undefined): string {
  if (!Array.isArray(variables)) return ''
  return variables.map((entry) => (isObject(entry) ? variableText(entry) : selector(entry))).join('\n')
}

function variableText(variable: JsonObject): string {
  const from = selector(variable.value_selector)
  return from
    ? `${str(variable.variable)} ← ${from}`
    : [str(variable.variable), str(variable.type)].filter(Boolean).join(': ')
}
