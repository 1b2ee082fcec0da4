import { expect, test } from 'vitest'
import { givenInputs, withInputsOf } from './again'

test('the inputs of a run arrive at the form as they were', () => {
  expect(givenInputs(structuredClone(withInputsOf({ inputs: { text: 'A loom weaves.', n: 2 } })))).toEqual({
    text: 'A loom weaves.',
    n: 2,
  })
})

test.each([null, 'inputs', { inputs: null }, { inputs: ['a'] }])('a page opened with %j gives nothing', (state) => {
  expect(givenInputs(state)).toEqual({})
})
