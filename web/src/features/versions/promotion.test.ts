import { expect, test } from 'vitest'
import { nextFor } from './promotion'

test('a version goes from one environment to the next, and not beyond the last', () => {
  expect(nextFor([])).toBe('dev')
  expect(nextFor(['dev'])).toBe('staging')
  expect(nextFor(['dev', 'staging'])).toBe('prod')
  expect(nextFor(['dev', 'staging', 'prod'])).toBeNull()
  expect(nextFor(['prod'])).toBeNull()
})
