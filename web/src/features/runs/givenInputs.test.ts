import { expect, test } from 'vitest'
import type { GraphNode, JsonObject } from '@/api/types'
import { readableInputs } from './givenInputs'

const graph = (...variables: JsonObject[]) => ({
  nodes: [{ type: 'start', config: { variables } } as unknown as GraphNode],
})

test('inputs are called by the labels of the form, and files by their names', () => {
  const form = graph({ variable: 'q', label: 'Question' }, { variable: 'doc', label: '' })
  const file = { transfer_method: 'local_file', related_id: '7', filename: 'report.pdf', type: 'document' }
  expect(readableInputs({ q: 'Why?', doc: [file], gone: 1 }, form)).toEqual({
    Question: 'Why?',
    doc: ['report.pdf'],
    gone: 1,
  })
})

test('two fields of one label keep their names', () => {
  const form = graph({ variable: 'a', label: 'Text' }, { variable: 'b', label: 'Text' })
  expect(readableInputs({ a: '1', b: '2' }, form)).toEqual({ a: '1', b: '2' })
})
