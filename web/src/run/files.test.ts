import { expect, test } from 'vitest'
import type { FormField } from '@/api/types'
import { text } from '@/ui/text'
import { acceptOf, fileErrorOf, fileInputs, filesOf, fromAddress, type GivenFile, takenOf } from './files'

const field = (more: Partial<FormField> = {}): FormField => ({
  variable: 'papers',
  label: 'Papers',
  type: 'file-list',
  required: false,
  default: null,
  options: [],
  max_length: null,
  description: '',
  hide: false,
  ...more,
})
const upload = (more: Partial<GivenFile> = {}): GivenFile => ({
  key: 'k',
  name: 'report.pdf',
  size: 7,
  input: { type: 'document', transfer_method: 'local_file', upload_file_id: 'f1' },
  share: 1,
  error: null,
  ...more,
})

test('files of an earlier run are given again as they were', () => {
  const stored = { type: 'document', transfer_method: 'local_file', related_id: 'f1', filename: 'report.pdf', size: 7 }
  const files = filesOf([stored])
  expect(files).toMatchObject([{ name: 'report.pdf', size: 7, error: null }])
  expect(fileInputs('file-list', files)).toEqual([stored])
  expect(fileInputs('file', filesOf(stored))).toEqual(stored)
  expect(filesOf(null)).toEqual([])
})

test('nothing is sent before all files are handed in, nor with one that failed, nor more than the field takes', () => {
  expect(fileErrorOf(field(), [upload()])).toBeNull()
  expect(fileErrorOf(field(), [upload(), upload({ input: null, share: 0.5 })])).toBe(text.form.file.pending)
  expect(fileErrorOf(field(), [upload({ input: null, error: 'Too large.' })])).toBe(text.form.file.failed)
  expect(fileErrorOf(field({ max_length: 1 }), [upload(), upload()])).toBe(text.ask.tooManyFiles(1))
  expect(fileErrorOf(field({ required: true }), [])).toBe(text.form.required('Papers'))
  expect(fileErrorOf(field(), [])).toBeNull()
})

test('only an address on the web is one', () => {
  expect(fromAddress('https://example.org/a.PNG').input).toMatchObject({ type: 'image', transfer_method: 'remote_url' })
  for (const wrong of ['javascript:alert(1)', 'https://', 'a.png', 'file:///etc/passwd'])
    expect(fromAddress(wrong)).toMatchObject({ input: null, error: text.form.notUrl })
})

test('a browser is told what a field takes, and people in words', () => {
  const takes = { file_types: ['image', 'custom'], file_extensions: ['.ZIP', 'tar'] }
  expect(acceptOf(takes)).toBe('image/*,.zip,.tar')
  expect(takenOf(takes)).toBe('images, .zip, tar')
  expect(acceptOf({ file_types: [] })).toBeUndefined()
  expect(acceptOf({ file_types: ['custom'], file_extensions: [] })).toBeUndefined()
  expect(acceptOf({ file_types: ['document'] })).toContain('.pdf')
})
