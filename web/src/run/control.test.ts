import { expect, test } from 'vitest'
import { turnOf } from './control'
import { standOf } from './StatusMark'
import { began, type Said, sequence } from './testing'
import { applyEvents, idleView } from './view'

const asks: Said = { type: 'input_required', node_id: 'ask', data: { form: {}, actions: [], expires_at: null } }
const rests = (...types: string[]): Said => ({ type: 'run_paused', data: { reasons: types.map((type) => ({ type })) } })
const after = (...said: Said[]) => applyEvents(idleView, sequence(said))

test.each([
  ['running', after(began), false, 'pause', 'running'],
  ['running, and asked to pause', after(began), true, 'pausing', 'pausing'],
  ['paused by a person', after(began, rests('asked')), false, 'resume', 'paused'],
  ['at rest until it is answered', after(began, asks, rests('input')), false, null, 'asking'],
  ['both asking and paused', after(began, asks, rests('input', 'asked')), false, 'resume', 'paused'],
])('what one may tell a run that is %s', (_, view, pausing, turn, stand) => {
  expect([turnOf(view, pausing), standOf({ view, pausing })]).toEqual([turn, stand])
})
