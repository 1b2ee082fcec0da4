// @vitest-environment happy-dom
import { QueryClientProvider } from '@tanstack/react-query'
import { act } from 'react'
import { createRoot, type Root } from 'react-dom/client'
import { afterEach, expect, test, vi } from 'vitest'
import { queries } from '@/api/queries'
import { text } from '@/ui/text'
import { Pulse } from './Answer'
import { createRunStore, RunProvider } from './store'
import { someRun } from './testing'

Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true })

let root: Root | null = null
afterEach(async () => {
  await act(async () => root?.unmount())
  queries.clear()
  vi.unstubAllGlobals()
})

/** What stands where the words of a running run will come, while its model is in memory or not. */
async function waitingBeside(memory: string): Promise<string> {
  const local = { model: 'local/small', state: 'ready', source: '', size: 1, fetched: 1, licence: '', memory }
  vi.stubGlobal('fetch', async () => Response.json({ data: [local] }))
  const store = createRunStore({ follow: () => new Promise(() => {}) })
  const element = document.createElement('div')
  document.body.replaceChildren(element)
  root = createRoot(element)
  await act(async () => {
    root?.render(
      <QueryClientProvider client={queries}>
        <RunProvider value={store}>
          <Pulse waiting={text.run.waiting} written={false} />
        </RunProvider>
      </QueryClientProvider>,
    )
    void store.attach({ ...someRun, status: 'running' })
  })
  await act(() => vi.waitFor(() => expect(queries.getQueryData(['models', 'local'])).toBeDefined()))
  return element.textContent ?? ''
}

test('whoever waits is told that the model is being loaded, and only while it is', async () => {
  expect(await waitingBeside('loading')).toBe(text.run.loadingModel)
  queries.clear()
  await act(async () => root?.unmount())
  expect(await waitingBeside('loaded')).toBe(text.run.waiting)
})
