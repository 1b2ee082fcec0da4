import { expect, test } from 'vitest'
import type { JsonObject } from '@/api/types'
import { actionsOf, fieldsOf, partsOf, refusalsOf, valuesOf } from './asking'
import { initialValues } from './form'

const note = { name: 'note', type: 'paragraph', label: 'Your note', default: 'As agreed.' }
const tone = { name: 'tone', type: 'select', options: ['plain', 'kind'], default: '' }
const proof = { name: 'proof', type: 'file', default: null, allowed_file_upload_methods: [], number_limits: 1 }
const scans = { name: 'scans', type: 'file-list', default: [], number_limits: 2 }

const shape = (form: Parameters<typeof partsOf>[0]) =>
  partsOf(form).map((part) => (part.kind === 'words' ? part.words : [part.field.variable]))

test('a field stands where the words name it, and those that are not named stand at the end', () => {
  const content = 'Please **check**:\n\n{{#$output.tone#}}\n\nThank you.'
  expect(shape({ content, fields: [note, tone] })).toEqual([
    'Please **check**:\n\n',
    ['tone'],
    '\n\nThank you.',
    ['note'],
  ])
})

test('a field that is named twice stands once, and a name that is no field leaves nothing', () => {
  const content = '{{#$output.tone#}}{{#$output.tone#}}{{#$output.ghost#}}'
  expect(shape({ content, fields: [tone] })).toEqual([['tone']])
})

const NO_FORMS: JsonObject[] = [{}, { content: 1, fields: 'no' }, { content: null, fields: [null, 3] }]

test.each(NO_FORMS)('%j is no form', (form) => {
  expect(shape(form)).toEqual([])
})

test('a choice and a file have to be given, a text and a list may be empty', () => {
  const fields = fieldsOf({ fields: [note, tone, proof, scans] })
  expect(Object.keys(refusalsOf(fields, {}))).toEqual(['tone', 'proof'])
})

test('every field is answered, if only with nothing', () => {
  const fields = fieldsOf({ fields: [note, tone, scans] })
  expect(valuesOf(fields, { note: '', tone: 'kind', scans: '' })).toEqual({ note: '', tone: 'kind', scans: [] })
  expect(valuesOf(fields, initialValues(fields))).toMatchObject({ note: 'As agreed.' })
})

test('a file is given by its address, and not where only an upload would do', () => {
  const upload = { ...proof, name: 'upload', allowed_file_upload_methods: ['local_file'] }
  const fields = fieldsOf({ fields: [proof, upload] })
  expect(fields.map(({ uploadOnly }) => uploadOnly)).toEqual([false, true])
  const values = { proof: 'https://example.org/a.png', upload: 'https://example.org/a.png' }
  expect(Object.keys(refusalsOf(fields, values))).toEqual(['upload'])
  expect(valuesOf(fields, values).proof).toMatchObject({ type: 'image', transfer_method: 'remote_url' })
})

test('a list takes only as many files as it may', () => {
  const fields = fieldsOf({ fields: [scans] })
  const addresses = (count: number) => Array.from({ length: count }, (_, at) => `https://example.org/${at}`).join('\n')
  expect(refusalsOf(fields, { scans: addresses(2) })).toEqual({})
  expect(Object.keys(refusalsOf(fields, { scans: addresses(3) }))).toEqual(['scans'])
})

test('a button without a title is called by its id', () => {
  expect(actionsOf([{ id: 'yes', title: '', style: 'primary' }])).toEqual([
    { id: 'yes', title: 'yes', style: 'primary' },
  ])
})
