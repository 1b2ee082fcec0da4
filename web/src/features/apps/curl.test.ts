import { expect, test } from 'vitest'
import type { FormField } from '@/api/types'
import { curlExample } from './curl'

const field = (variable: string, type: string, initial: string | null = null): FormField => ({
  variable,
  label: '',
  type,
  required: true,
  default: initial,
  options: [],
  max_length: null,
  description: '',
  hide: false,
})

test('the example command names the right route, the key and the inputs', () => {
  const command = curlExample({ mode: 'workflow', form: [field('text', 'paragraph')] }, 'http://here', 'app-1')
  expect(command).toContain('http://here/v1/workflows/run')
  expect(command).toContain('Bearer app-1')
  expect(command).toContain('"inputs":{"text":"..."}')
  expect(curlExample({ mode: 'advanced-chat', form: [] }, 'http://here', null)).toContain('/v1/chat-messages')
})

test('a quote in a default does not end the argument of the shell', () => {
  expect(curlExample({ mode: 'workflow', form: [field('text', 'paragraph', "it's")] }, '', null)).toContain(`it'\\''s`)
})
