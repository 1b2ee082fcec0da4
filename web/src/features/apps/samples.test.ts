import { expect, test } from 'vitest'
import { openingOf } from './opening'
import { sampleLabel, samplesOf } from './samples'

test('samples and the opening are read without trusting their shape', () => {
  expect(samplesOf({ features: { 'x-loomwork': { samples: [{ inputs: { a: 'b' } }, 5, null] } } })).toEqual([
    { title: '', inputs: { a: 'b' }, query: '' },
  ])
  expect(samplesOf({ features: {} })).toEqual([])
  expect(openingOf({ features: { opening_statement: 3, suggested_questions: ['a', 4, ''] } })).toEqual({
    statement: '',
    questions: ['a'],
  })
})

test('a sample is called by its title, else by its first words', () => {
  expect(sampleLabel({ title: 'A bridge', inputs: {}, query: 'x' })).toBe('A bridge')
  expect(sampleLabel({ title: '', inputs: { text: 'word '.repeat(20) }, query: '' })).toMatch(/^word word .*…$/)
})
