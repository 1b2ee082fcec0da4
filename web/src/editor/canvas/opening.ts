/** Where a graph opens: all of it where it can be read so, else its beginning, with no node cut by an edge. Pure. */

export interface Size {
  width: number
  height: number
}

export interface Box extends Size {
  id: string
  x: number
  y: number
}

export interface View {
  x: number
  y: number
  zoom: number
}

/** Below this zoom titles, which are drawn larger from afar, are smaller than small print. */
const READABLE = 0.42
const CLOSEST = 1.1
/** Pixels between the outermost nodes and the edges. */
const EDGE_GAP = 28
/** Where only the beginning is shown: about this large, and within these bounds whatever cuts no node. */
const BEGINNING = 0.78
const BEGINNINGS = { least: 0.62, most: 1 }
const TRIM = 17

/** `start` is the node to begin with where the whole graph would be too small to read. */
export function openingView(boxes: readonly Box[], start: string | undefined, size: Size): View | null {
  if (!boxes.length || size.width <= 0 || size.height <= 0) return null
  const whole = fitting(boxes, size)
  if (whole.zoom >= READABLE) return whole
  const first = boxes.find(({ id }) => id === start) ?? leftmost(boxes)
  return leastCut(boxes, beginnings(first, size), size)
}

function fitting(boxes: readonly Box[], size: Size): View {
  const left = Math.min(...boxes.map(({ x }) => x))
  const top = Math.min(...boxes.map(({ y }) => y))
  const width = Math.max(...boxes.map((box) => box.x + box.width)) - left
  const height = Math.max(...boxes.map((box) => box.y + box.height)) - top
  const room = { width: size.width - 2 * EDGE_GAP, height: size.height - 2 * EDGE_GAP }
  const zoom = Math.min(CLOSEST, room.width / width, room.height / height)
  return {
    x: size.width / 2 - (left + width / 2) * zoom,
    y: size.height / 2 - (top + height / 2) * zoom,
    zoom,
  }
}

const leftmost = (boxes: readonly Box[]): Box => boxes.reduce((least, box) => (box.x < least.x ? box : least))

/** The first node at the left edge and about halfway down, at every zoom that will do; the best ones first. */
function beginnings(first: Box, size: Size): View[] {
  const zooms = steps(BEGINNINGS.least, BEGINNINGS.most, 0.01).sort((a, b) => off(a) - off(b))
  const shifts = steps(-0.2, 0.2, 0.02).sort((a, b) => Math.abs(a) - Math.abs(b))
  return shifts.flatMap((shift) =>
    zooms.map((zoom) => ({
      x: EDGE_GAP - first.x * zoom,
      y: size.height * (0.5 + shift) - (first.y + first.height / 2) * zoom,
      zoom,
    })),
  )
}

const off = (zoom: number): number => Math.abs(zoom - BEGINNING)

const steps = (from: number, to: number, by: number): number[] =>
  Array.from({ length: Math.round((to - from) / by) + 1 }, (_, index) => from + index * by)

/** With the knots and the seal on its edge, which stand a little beyond it. */
const withTrim = ({ id, x, y, width, height }: Box): Box => ({
  id,
  x: x - TRIM,
  y: y - TRIM,
  width: width + 2 * TRIM,
  height: height + 2 * TRIM,
})

function leastCut(tags: readonly Box[], views: readonly View[], size: Size): View | null {
  const boxes = tags.map(withTrim)
  let best: { view: View; cuts: number } | null = null
  for (const view of views) {
    const cuts = boxes.filter((box) => isCut(box, view, size)).length
    if (best === null || cuts < best.cuts) best = { view, cuts }
    if (cuts === 0) break
  }
  return best?.view ?? null
}

/** Whether an edge goes through a node. One that is wholly outside is not cut. */
export const isCut = (box: Box, view: View, size: Size): boolean =>
  touches(box, view, size) && !isInside(box, view, size)

export const isInside = (box: Box, { x, y, zoom }: View, size: Size): boolean =>
  box.x * zoom + x >= 0 &&
  box.y * zoom + y >= 0 &&
  (box.x + box.width) * zoom + x <= size.width &&
  (box.y + box.height) * zoom + y <= size.height

const touches = (box: Box, { x, y, zoom }: View, size: Size): boolean =>
  (box.x + box.width) * zoom + x > 0 &&
  (box.y + box.height) * zoom + y > 0 &&
  box.x * zoom + x < size.width &&
  box.y * zoom + y < size.height
