import { expect, test } from 'vitest'
import { talkOf } from './talk'
import { began, chunk, ended, type Said, sequence, started } from './testing'
import { applyEvents, idleView } from './view'

const asks: Said = { type: 'input_required', node_id: 'ask', data: { form: {}, actions: [], expires_at: null } }
const told: Said = { type: 'input_received', node_id: 'ask', data: { action: 'yes', values: {} } }

const talk = (...said: Said[]) =>
  talkOf(applyEvents(idleView, sequence(said))).map((turn) => (turn.kind === 'words' ? turn.words : turn.kind))

test('what was said before a question stands before it, and the rest after its answer', () => {
  const before = [began, chunk('a', 'Let me '), chunk('a', 'ask.'), asks]
  expect(talk(...before)).toEqual(['Let me ask.', 'question'])
  expect(talk(...before, told, chunk('a', 'Thank '), chunk('b', 'you.'), ended())).toEqual([
    'Let me ask.',
    'answer',
    'Thank you.',
  ])
})

test('a question keeps its place where words are taken back', () => {
  const retried: Said = {
    type: 'node_retrying',
    node_id: 'b',
    data: { error: null, attempt: 2, next_at: 0, discard_from: 7 },
  }
  const said = [
    began,
    chunk('a', 'Before.'),
    asks,
    told,
    started('b'),
    chunk('b', 'kept '),
    chunk('b', 'lost'),
    retried,
  ]
  expect(talk(...said, chunk('b', 'told'))).toEqual(['Before.', 'answer', 'kept told'])
})
