import { expect, test } from 'vitest'
import { text } from '@/ui/text'
import { failureOf } from './reasons'

test('a step of a kind that cannot run is told in words of people, with what to do', () => {
  const message = "Node 'Maps' is of type 'knowledge-retrieval', which this release cannot run yet."
  expect(failureOf({ code: 'not_runnable_yet', message }, 'knowledge-retrieval')).toEqual([
    text.problems.kind('Knowledge'),
    text.run.cannotHelp,
  ])
})

test('any other failure is told as the server says it', () => {
  const message = "The model said 'no'."
  expect(failureOf({ code: 'model_refused', message }, 'llm')).toEqual([message])
})
