import { expect, test } from 'vitest'
import { fileOf } from './fetching'

test('weights on this machine are called by their file, others by where they come from', () => {
  expect(fileOf('/home/ada/.cache/loomwork/models/small-q4.gguf')).toBe('small-q4.gguf')
  expect(fileOf('C:\\Users\\Ada\\small-q4.gguf')).toBe('small-q4.gguf')
  expect(fileOf(`/home/ada/.cache/loomwork/models/${'0123456789ab'.repeat(5)}cdef.gguf`)).toBe('0123456789ab….gguf')
  expect(fileOf('the model hub (Acme/Small-GGUF), otherwise 6 packages')).toBeNull()
})
