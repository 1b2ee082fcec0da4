import { expect, test } from 'vitest'
import { fileName } from './exporting'

test('an app is saved under a name that every system takes', () => {
  expect(fileName(' a/b: "c"?. ')).toBe('a-b-c')
  expect(fileName('../..')).toBe('app')
  expect(fileName('摘要')).toBe('摘要')
})
