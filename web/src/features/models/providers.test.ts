import { describe, expect, it } from 'vitest'
import type { ProviderInfo } from '@/api/types'
import { text } from '@/ui/text'
import { filled, freeName, matching, retirementOf } from './providers'

const provider = (id: string, label: string, ready = false): ProviderInfo => ({
  id,
  label,
  ready,
  wire: 'openai_chat',
  problem: null,
  endpoint: null,
  fields: [],
  links: {},
  tried: false,
  models: 0,
  open_ended: true,
  credentials: [],
  from_env: false,
  removable: false,
})

describe('matching', () => {
  const all = [
    provider('openai', 'OpenAI', true),
    provider('xai', 'xAI'),
    provider('acme', 'Zebra'),
    provider('local', 'Here', true),
  ]

  it('keeps those that can be called apart, and leaves out what this machine runs itself', () => {
    const { ready, others } = matching(all, '')
    expect(ready.map(({ id }) => id)).toEqual(['openai'])
    expect(others.map(({ id }) => id)).toEqual(['xai', 'acme'])
  })

  it('finds by name and by id, whatever the case', () => {
    expect(matching(all, ' ACME ').others.map(({ id }) => id)).toEqual(['acme'])
    expect(matching(all, 'openai').ready).toHaveLength(1)
    expect(matching(all, 'nobody').others).toEqual([])
  })
})

it('sends no field that was left empty', () => {
  expect(filled({ api_key: ' sk-1 ', region: '  ' })).toEqual({ api_key: 'sk-1' })
})

it('names a further key by a name that is free', () => {
  expect(freeName([])).toBe('default')
  expect(freeName(['default', 'key 2'])).toBe('key 3')
})

describe('retirementOf', () => {
  it('speaks of a day that is past as past, and of the last day not yet', () => {
    const now = new Date('2027-02-26T09:00:00Z')
    expect(retirementOf('2027-02-26', now)).toBe(text.models.retires('2027-02-26'))
    expect(retirementOf('2027-02-25', now)).toBe(text.models.retired('2027-02-25'))
  })
})
