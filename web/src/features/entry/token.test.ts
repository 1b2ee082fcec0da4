import { expect, test } from 'vitest'
import { tokenOf } from './token'

test('the token of a link is found behind its hash', () => {
  expect(tokenOf('#token=abc-DEF_1')).toBe('abc-DEF_1')
})

test('a link without one has none', () => {
  expect(tokenOf('')).toBe('')
  expect(tokenOf('#other=1')).toBe('')
})
