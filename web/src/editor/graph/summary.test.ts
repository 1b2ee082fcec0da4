import { expect, test } from 'vitest'
import type { GraphNode, JsonObject } from '@/api/types'
import { summaryOf } from './summary'

const node = (type: string, config: JsonObject) => ({ type, config, handles: [] }) as unknown as GraphNode
const titleOf = (id: string) => (id === '1711' ? 'Ask' : id)

test('conditions and templates call steps by their titles', () => {
  const conditions = [{ variable_selector: ['1711', 'text'], comparison_operator: 'contains', value: 'loom' }]
  expect(summaryOf(node('if-else', { cases: [{ conditions }] }), titleOf).rows).toEqual([
    { term: 'conditions', text: 'Ask › text contains loom' },
  ])
  expect(summaryOf(node('answer', { answer: 'It says {{#1711.text#}}, {{#sys.query#}}' }), titleOf).hint).toBe(
    'It says {{Ask › text}}, {{sys › query}}',
  )
})
