import { expect, test } from 'vitest'
import type { FormField } from '@/api/types'
import { initialValues } from '@/run/form'
import { changedFields, changedInputs, editable, fits, objectOf, requestOf } from './replay'

const field = (variable: string, type = 'paragraph'): FormField => ({
  variable,
  label: '',
  type,
  required: false,
  default: null,
  options: [],
  max_length: null,
  description: '',
  hide: false,
})
const FORM = [field('text'), field('scan', 'file')]
const INPUTS = { text: 'A loom weaves.', scan: { type: 'image', transfer_method: 'local_file', id: 'f1' } }
const FROM = { nodeId: 'llm', title: 'Ask', outputs: { text: 'No.' } }

test('only what a person changed is sent, and what was emptied is said to be so', () => {
  const values = initialValues(FORM, INPUTS)
  expect(changedFields(FORM, INPUTS, values)).toEqual({})
  expect(changedFields(FORM, INPUTS, { ...values, text: 'A shuttle flies.' })).toEqual({ text: 'A shuttle flies.' })
  expect(changedFields(FORM, INPUTS, { ...values, text: '' })).toEqual({ text: null })
})

test('inputs that are written as JSON are sent where they differ', () => {
  const before = { text: 'A loom weaves.', list: [1, 2] }
  expect(changedInputs(before, { text: 'A shuttle flies.', list: [1, 2] })).toEqual({ text: 'A shuttle flies.' })
  expect(changedInputs(before, { list: [1, 2], more: true })).toEqual({ text: null, more: true })
})

test('files beside the form are not there to be edited', () => {
  expect(editable({ text: 'Hi', 'sys.files': [] })).toEqual({ text: 'Hi' })
})

test('a form that has lost a field does not show the inputs of an older run', () => {
  expect(fits(FORM, INPUTS)).toBe(true)
  expect(fits([field('text')], INPUTS)).toBe(false)
  expect(fits([], {})).toBe(false)
})

test('a request says only what is to be different', () => {
  expect(requestOf(null, 'inputs', { text: 'Hi' })).toEqual({ inputs: { text: 'Hi' } })
  expect(requestOf(FROM, 'inputs', {})).toEqual({ node_id: 'llm' })
  expect(requestOf(FROM, 'nothing', {})).toEqual({ node_id: 'llm' })
  expect(requestOf(FROM, 'outputs', { text: 'Yes.' })).toEqual({ node_id: 'llm', outputs: { llm: { text: 'Yes.' } } })
  expect(requestOf(FROM, 'inputs', { text: 'Hi' })).toEqual({ node_id: 'llm', inputs: { text: 'Hi' } })
})

test.each(['', '[1]', '"text"', 'null', '{'])('%j is no object', (typed) => {
  expect(objectOf(typed)).toBeNull()
})
