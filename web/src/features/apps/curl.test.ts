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

const bodyOf = (command: string) => JSON.parse(command.slice(command.indexOf("-d '") + 4, -1))

test('no line of the example is long by anything but the words that are sent', () => {
  const form = ['one', 'two', 'three', 'four', 'five', 'six'].map((name) => field(name, 'paragraph'))
  const command = curlExample({ mode: 'workflow', form, features: {} }, 'http://127.0.0.1:8700', null)
  expect(command.split('\n').filter((line) => line.length > 60)).toEqual([])
})

test('the example command names the right route, the key and the inputs', () => {
  const command = curlExample(
    { mode: 'workflow', form: [field('text', 'paragraph')], features: {} },
    'http://here',
    'app-1',
  )
  expect(command).toContain('http://here/v1/workflows/run')
  expect(command).toContain('Bearer app-1')
  expect(bodyOf(command).inputs).toEqual({ text: '...' })
  expect(curlExample({ mode: 'advanced-chat', form: [], features: {} }, 'http://here', null)).toContain(
    '/v1/chat-messages',
  )
})

test('the example sends what the first sample says, in the fields of the form', () => {
  const form = [field('text', 'paragraph'), field('tone', 'select', 'plain')]
  const features = { 'x-loomwork': { samples: [{ inputs: { text: 'A loom weaves.', gone: 'x' }, query: 'Why?' }] } }
  expect(bodyOf(curlExample({ mode: 'workflow', form, features }, '', null))).toEqual({
    inputs: { text: 'A loom weaves.', tone: 'plain' },
    response_mode: 'streaming',
    user: 'me',
  })
  expect(bodyOf(curlExample({ mode: 'advanced-chat', form: [], features }, '', null))).toMatchObject({
    inputs: {},
    query: 'Why?',
  })
})

test('a quote in a default or a sample does not end the argument of the shell', () => {
  const form = [field('text', 'paragraph', "it's")]
  const sampled = { 'x-loomwork': { samples: [{ inputs: { text: "that's" } }] } }
  expect(curlExample({ mode: 'workflow', form, features: {} }, '', null)).toContain(`it'\\''s`)
  expect(curlExample({ mode: 'workflow', form, features: sampled }, '', null)).toContain(`that'\\''s`)
})
