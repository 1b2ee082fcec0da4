import { expect, test } from 'vitest'
import { expiryOf, kindsFor } from './newKey'

test('everybody can make a key of their own, and the others who may', () => {
  expect(kindsFor(() => false)).toEqual(['own'])
  expect(kindsFor((permission) => permission === 'apps.keys')).toEqual(['own', 'app'])
  expect(kindsFor(() => true)).toEqual(['own', 'workspace', 'app'])
})

test('a key ends so many days from now, or never', () => {
  expect(expiryOf('30', Date.parse('2026-01-01T00:00:00Z'))).toBe('2026-01-31T00:00:00.000Z')
  expect(expiryOf('never', 0)).toBeUndefined()
})
