import { expect, test } from 'vitest'
import { type Box, isCut, isInside, openingView } from './opening'

const tag = (id: string, x: number, y: number): Box => ({ id, x, y, width: 236, height: 62 })

/** Three columns, a fan of three, and two columns more: as wide as an app that sorts messages. */
const SORTING = [
  tag('start', 40, 260),
  tag('topic', 340, 260),
  { ...tag('sort', 640, 240), height: 146 },
  tag('billing', 980, 60),
  tag('technical', 980, 260),
  tag('other', 980, 460),
  tag('reply', 1300, 260),
  tag('end', 1600, 260),
]

test.each([
  [819, 675],
  [870, 725],
  [922, 775],
  [1424, 955],
])('an app of eight nodes opens whole beside its panel (%i × %i)', (width, height) => {
  const view = openingView(SORTING, 'start', { width, height })
  expect(view).not.toBeNull()
  expect(SORTING.every((box) => view && isInside(box, view, { width, height }))).toBe(true)
})

test.each([700, 819, 870, 922, 1000, 1424])(
  'of a graph that is too wide to be read whole, no node is cut by an edge (%i)',
  (width) => {
    const size = { width, height: 725 }
    const long = Array.from({ length: 24 }, (_, index) => tag(`n${index}`, index * 300, (index % 3) * 150))
    const view = openingView(long, 'n0', size)
    expect(view).not.toBeNull()
    if (!view) return
    expect(view.zoom).toBeGreaterThan(0.6)
    expect(long.filter((box) => isCut(box, view, size))).toEqual([])
    expect(isInside(long[0] as Box, view, size)).toBe(true)
  },
)

test('of a graph that is too high, the beginning stands in the middle and is whole', () => {
  const size = { width: 870, height: 500 }
  const high = Array.from({ length: 40 }, (_, index) => tag(`n${index}`, index === 20 ? 0 : 340, index * 90))
  const view = openingView(high, 'n20', size)
  expect(view && high.filter((box) => isCut(box, view, size))).toEqual([])
  expect(view && isInside(high[20] as Box, view, size)).toBe(true)
})

test('a small graph is not blown up, and one without nodes has no view', () => {
  expect(openingView([tag('a', 0, 0)], 'a', { width: 900, height: 700 })?.zoom).toBe(1.1)
  expect(openingView([], undefined, { width: 900, height: 700 })).toBeNull()
  expect(openingView([tag('a', 0, 0)], 'a', { width: 0, height: 0 })).toBeNull()
})
