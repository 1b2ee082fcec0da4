// @vitest-environment happy-dom
import { act } from 'react'
import { createRoot, type Root } from 'react-dom/client'
import { afterEach, expect, test, vi } from 'vitest'
import { createRunStore, RunProvider } from './store'
import { Questions } from './Talk'
import { began, type Said, sequence, someRun } from './testing'

Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true })

const form = {
  content: 'May **this** go out?\n\n{{#$output.note#}}',
  fields: [{ name: 'note', type: 'paragraph', label: 'Note', default: 'Fine.' }],
}
const actions = [
  { id: 'yes', title: 'Send it', style: 'primary' },
  { id: 'no', title: 'Not yet', style: 'default' },
]
const asks: Said = { type: 'input_required', node_id: 'ask', data: { form, actions, expires_at: 4_102_444_800 } }
const received: Said = { type: 'input_received', node_id: 'ask', data: { action: 'no', values: { note: 'Fine.' } } }

// As newer browsers do it.
Element.prototype.scrollIntoView = (() => Promise.resolve()) as typeof Element.prototype.scrollIntoView

let root: Root | null = null
afterEach(async () => {
  await act(async () => root?.unmount())
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
})

/** A run that asks, on a page; `answer` is what the server says to an answer. */
async function page(answer: () => Response) {
  const sent: { url: string; body: unknown }[] = []
  vi.stubGlobal('fetch', async (url: string, init: RequestInit) => {
    sent.push({ url, body: JSON.parse(String(init.body)) })
    return answer()
  })
  let say: (said: Said[], first: number) => void = () => {}
  const store = createRunStore({
    schedule: (flush) => {
      queueMicrotask(flush)
      return () => {}
    },
    follow: ({ onEvents }) => {
      say = (said, first) => onEvents(sequence(said, first))
      return new Promise(() => {})
    },
  })
  const element = document.createElement('div')
  document.body.replaceChildren(element)
  const created = createRoot(element)
  root = created
  await act(async () => {
    created.render(
      <RunProvider value={store}>
        <Questions titleOf={() => 'Review'} />
      </RunProvider>,
    )
    void store.attach({ ...someRun, status: 'running' })
    say([began, asks], 1)
  })
  const button = (name: string) => [...element.querySelectorAll('button')].find((one) => one.textContent === name)
  const press = (name: string) => act(async () => button(name)?.click())
  return { element, sent, button, press, say: (said: Said[], first: number) => act(async () => say(said, first)) }
}

const accepted = () => new Response(JSON.stringify(someRun))
const refused = (details: object, message: string) => () =>
  new Response(JSON.stringify({ error: { code: 'invalid_input', message, details } }), { status: 422 })

test('a question shows its words, its fields, its buttons and until when it waits', async () => {
  const { element, button } = await page(accepted)
  expect(element.querySelector('section')?.textContent).toContain('“Review” asks you')
  expect(element.querySelector('strong')?.textContent).toBe('this')
  const field = element.querySelector('textarea')
  expect(field?.value).toBe('Fine.')
  expect(element.querySelector(`label[for="${field?.id}"]`)?.textContent).toContain('Note')
  expect([button('Send it'), button('Not yet')]).not.toContain(undefined)
  expect(element.querySelector('time')?.dateTime).toBe('2100-01-01T00:00:00.000Z')
})

test('the pressed button answers for the node, in its round, with every field, and only once', async () => {
  const { sent, press } = await page(accepted)
  await press('Not yet')
  await press('Send it')
  expect(sent).toEqual([
    {
      url: '/api/v1/runs/run-1/answers',
      body: { node_id: 'ask', frame: [], action: 'no', values: { note: 'Fine.' } },
    },
  ])
})

test('words that stand twice are shown twice', async () => {
  const complaints = vi.spyOn(console, 'error')
  const { element, say } = await page(accepted)
  const twice = { content: 'Note:{{#$output.a#}}Note:{{#$output.b#}}', fields: [{ name: 'a' }, { name: 'b' }] }
  await say([{ ...asks, node_id: 'other', data: { form: twice, actions, expires_at: null } }], 3)
  expect(element.querySelectorAll('section')[1]?.querySelectorAll('.prose')).toHaveLength(2)
  expect(complaints).not.toHaveBeenCalled()
})

test('Enter chooses no button', async () => {
  const { element, sent } = await page(accepted)
  await act(async () => element.querySelector('form')?.requestSubmit())
  expect(sent).toEqual([])
})

test('what the server refuses stands at its field, and can be sent again', async () => {
  const { element, sent, press } = await page(refused({ field: 'note' }, "Field 'note' must be a text."))
  await press('Send it')
  const field = element.querySelector('textarea')
  expect(field?.getAttribute('aria-invalid')).toBe('true')
  expect(element.querySelectorAll('[role=alert]')).toHaveLength(1)
  expect(element.querySelector('[role=alert]')?.textContent).toBe("Field 'note' must be a text.")
  await press('Send it')
  expect(sent).toHaveLength(2)
})

test('what the server refuses of no field is said above the buttons', async () => {
  const { element, press } = await page(refused({}, 'Nobody waits for this answer.'))
  await press('Send it')
  expect(element.querySelector('[role=alert]')?.textContent).toContain('Nobody waits for this answer.')
})

test('an answer that came from elsewhere takes the place of the form', async () => {
  const { element, say } = await page(accepted)
  await say([received], 3)
  expect(element.querySelector('form')).toBeNull()
  expect(element.querySelector('summary')?.textContent).toContain('“Review” was answered')
  expect(element.querySelector('summary')?.textContent).toContain('Not yet')
})

test('a question whose time is over says so', async () => {
  const { element, say } = await page(accepted)
  await say([{ ...received, data: { action: null, values: {} } }], 3)
  expect(element.textContent).toContain('Nobody answered “Review” in time')
})
