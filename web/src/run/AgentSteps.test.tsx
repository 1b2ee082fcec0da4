// @vitest-environment happy-dom
import { act } from 'react'
import { createRoot, type Root } from 'react-dom/client'
import { afterEach, expect, test } from 'vitest'
import { AgentSteps } from './AgentSteps'
import type { AgentStep } from './agent'

Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true })

let root: Root | null = null
afterEach(async () => act(async () => root?.unmount()))

const thought: AgentStep = {
  seq: 1,
  kind: 'thought',
  tool: null,
  text: 'I add.',
  input: null,
  calls: ['calc/add'],
  failed: false,
  approved: false,
  tokens: 12,
  price: { amount: '0.002', currency: 'USD' },
  endedBy: 'tokens',
  at: 1,
  elapsedMs: 1500,
}

async function shown(steps: AgentStep[]): Promise<HTMLElement> {
  const element = document.createElement('div')
  document.body.replaceChildren(element)
  root = createRoot(element)
  await act(async () => root?.render(<AgentSteps steps={steps} />))
  return element
}

test('a thought says what it calls, what it used and why it was the last', async () => {
  const said = (await shown([thought])).textContent
  for (const part of ['I add.', 'Calls calc/add', '12 tokens', '0.002 USD', '1.5 s', 'its tokens are used up'])
    expect(said).toContain(part)
})

test('a call shows its tool, and its arguments and result once they are opened', async () => {
  const call = { ...thought, seq: 2, kind: 'tool' as const, tool: 'calc/add', input: { a: 1 }, text: '2', failed: true }
  const element = await shown([call])
  expect(element.textContent).toContain('calc/add')
  expect(element.textContent).toContain('Failed')
  expect([...element.querySelectorAll('summary')].map(({ textContent }) => textContent)).toEqual([
    'Arguments1 value',
    'Result',
  ])
})

test('without steps there is nothing', async () => {
  expect((await shown([])).textContent).toBe('')
})
