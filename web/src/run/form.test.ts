import { expect, test } from 'vitest'
import type { FormField } from '@/api/types'
import { initialValues, toInputs, validate } from './form'

const field = (variable: string, type: string, more: Partial<FormField> = {}): FormField => ({
  variable,
  label: variable,
  type,
  required: false,
  default: null,
  options: [],
  max_length: null,
  description: '',
  hide: false,
  ...more,
})

test('defaults fill the form, and a sample fills it over them', () => {
  const form = [
    field('a', 'text-input', { default: 'x' }),
    field('n', 'number', { default: 3 }),
    field('c', 'checkbox', { default: true }),
  ]
  expect(initialValues(form)).toEqual({ a: 'x', n: '3', c: true })
  expect(initialValues(form, { a: 'y' })).toEqual({ a: 'y', n: '3', c: true })
})

test('each kind of value becomes an input of its type, and what is empty is left out', () => {
  const form = [
    field('a', 'text-input'),
    field('n', 'number'),
    field('c', 'checkbox'),
    field('j', 'json_object'),
    field('f', 'file'),
    field('l', 'file-list'),
    field('e', 'paragraph'),
  ]
  const values = {
    a: 'x',
    n: '2.5',
    c: false,
    j: '{"k": [1]}',
    f: 'https://example.org/a.PNG',
    l: 'https://example.org/a.pdf\n\nhttps://example.org/b.mp3',
    e: '  ',
  }
  expect(validate(form, values)).toEqual({})
  expect(toInputs(form, values)).toEqual({
    a: 'x',
    n: 2.5,
    c: false,
    j: { k: [1] },
    f: { type: 'image', transfer_method: 'remote_url', url: 'https://example.org/a.PNG' },
    l: [
      { type: 'document', transfer_method: 'remote_url', url: 'https://example.org/a.pdf' },
      { type: 'audio', transfer_method: 'remote_url', url: 'https://example.org/b.mp3' },
    ],
  })
})

test('what is missing, too long or of another type is said at its field', () => {
  const form = [
    field('needed', 'paragraph', { required: true }),
    field('short', 'text-input', { max_length: 3 }),
    field('n', 'number'),
    field('j', 'json_object'),
    field('f', 'file'),
    field('fine', 'text-input'),
  ]
  const errors = validate(form, {
    needed: ' ',
    short: '四个汉字',
    n: 'many',
    j: '[1]',
    f: 'javascript:alert(1)',
    fine: '',
  })
  expect(Object.keys(errors)).toEqual(['needed', 'short', 'n', 'j', 'f'])
})

test('length is counted in characters, not in code units', () => {
  expect(validate([field('a', 'text-input', { max_length: 2 })], { a: '👍🏿' })).toEqual({})
})
