import { expect, test } from 'vitest'
import { browserName } from './agent'

test('a browser is named by itself and its system, not by those that it imitates', () => {
  const edge =
    'Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/128.0 Safari/537.36 Edg/128.0'
  expect(browserName(edge)).toBe('Edge, Windows')
  const safari = 'Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1 Version/17.0 Safari/604.1'
  expect(browserName(safari)).toBe('Safari, iOS')
})

test('what nobody knows is named as it names itself', () => {
  expect(browserName('curl/8.5.0')).toBe('curl/8.5.0')
  expect(browserName(null)).toBeNull()
  expect(browserName('')).toBeNull()
})
