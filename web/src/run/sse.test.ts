import { expect, test } from 'vitest'
import { createSseParser } from './sse'

test('messages are whole however the stream is cut', () => {
  const stream = 'id: 1\ndata: {"a":1}\n\n: ping\n\nid: 2\r\nevent: error\r\ndata: one\r\ndata: two\r\n\r\n'
  const whole = createSseParser()(stream)
  const parse = createSseParser()
  expect([...stream].flatMap((letter) => parse(letter))).toEqual(whole)
  expect(whole).toEqual([
    { id: '1', event: 'message', data: '{"a":1}' },
    { id: '2', event: 'error', data: 'one\ntwo' },
  ])
})

test('a message that was cut off is not handed over', () => {
  expect(createSseParser()('id: 3\ndata: half')).toEqual([])
})
