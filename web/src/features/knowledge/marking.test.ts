import { expect, test } from 'vitest'
import { marked } from './marking'

const hits = (passage: string, question: string) =>
  marked(passage, question)
    .filter(({ hit }) => hit)
    .map(({ words }) => words)

test('words of the question are marked whatever their case, and short ones are not', () => {
  expect(hits('The Office opens at nine.', 'When is the OFFICE open?')).toEqual(['The', 'Office', 'open'])
})

test('nothing of a passage is lost by being marked', () => {
  const passage = 'Trams (night) cost 3.50 € [see *note*]'
  const parts = marked(passage, 'trams night (.*) note')
  expect(parts.map(({ words }) => words).join('')).toBe(passage)
  expect(parts.map(({ start, words }) => passage.slice(start, start + words.length))).toEqual(
    parts.map(({ words }) => words),
  )
})

test('Chinese is marked by pairs of characters, which may overlap', () => {
  expect(hits('办公室七点开门。', '办公室几点开门？')).toEqual(['办公室', '点开门'])
})

test('a question without a word marks nothing', () => {
  expect(marked('Anything.', '?!')).toEqual([{ words: 'Anything.', hit: false, start: 0 }])
})
