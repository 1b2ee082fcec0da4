import { expect, test } from 'vitest'
import { dayBegins, dayEnds } from './days'

test('a day begins at midnight here, and ends a day later', () => {
  expect(dayBegins('2026-06-01')).toBe(new Date(2026, 5, 1).toISOString())
  expect(Date.parse(dayEnds('2026-06-01')) - Date.parse(dayBegins('2026-06-01'))).toBe(86_400_000)
})

test('no day, or half a day that is being typed, is none', () => {
  expect(dayBegins('')).toBe('')
  expect(dayBegins('2026-')).toBe('')
  expect(dayEnds('')).toBe('')
})
