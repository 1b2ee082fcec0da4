import { expect, test } from 'vitest'
import { labelOf, labelsOf } from './labels'

test.each([
  ['text', 'Text'],
  ['class_name', 'Class name'],
  ['className', 'Class name'],
  ['page-2', 'Page 2'],
  ['JSON', 'JSON'],
  ['总结', '总结'],
  ['Already in words', 'Already in words'],
  ['_', '_'],
])('%s is shown as %s', (name, label) => {
  expect(labelOf(name)).toBe(label)
})

test('names that would look the same keep apart', () => {
  expect(labelsOf(['class_name', 'className', 'text'])).toEqual({
    class_name: 'class_name',
    className: 'className',
    text: 'Text',
  })
})
