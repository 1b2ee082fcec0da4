import { afterEach, expect, test } from 'vitest'
import { toast, useToasts } from './toast'

const shown = () => useToasts.getState().toasts.map(({ message }) => message)
afterEach(() => useToasts.setState({ toasts: [] }))

test('what was done last is shown alone', () => {
  toast('Imported.')
  toast('Published.')
  expect(shown()).toEqual(['Published.'])
})

test('what went wrong stays beside it, once', () => {
  toast('No connection.', 'error')
  toast('No connection.', 'error')
  toast('Published.')
  expect(shown()).toEqual(['No connection.', 'Published.'])
})
