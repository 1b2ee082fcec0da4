/** Gathers what comes in between two frames, so that the page is drawn once a frame and not once an event. */

export type Schedule = (flush: () => void) => () => void

export interface Batcher<T> {
  add: (items: readonly T[]) => void
  /** Hand over at once what is waiting. */
  flush: () => void
  /** Forget what is waiting. */
  cancel: () => void
}

export function createBatcher<T>(deliver: (items: T[]) => void, schedule: Schedule = nextFrame): Batcher<T> {
  let waiting: T[] = []
  let cancelSchedule: (() => void) | null = null
  const stopWaiting = () => {
    cancelSchedule?.()
    cancelSchedule = null
  }
  const flush = () => {
    stopWaiting()
    const items = waiting
    waiting = []
    if (items.length) deliver(items)
  }
  const add = (items: readonly T[]) => {
    for (const item of items) waiting.push(item)
    cancelSchedule ??= schedule(flush)
  }
  const cancel = () => {
    stopWaiting()
    waiting = []
  }
  return { add, flush, cancel }
}

const HIDDEN_TAB_MS = 250

/** Browsers give a hidden tab no frames; a run must still come to its end there. */
function nextFrame(flush: () => void): () => void {
  if (typeof document !== 'undefined' && document.hidden) {
    const timer = setTimeout(flush, HIDDEN_TAB_MS)
    return () => clearTimeout(timer)
  }
  const frame = requestAnimationFrame(flush)
  const safety = setTimeout(flush, HIDDEN_TAB_MS)
  return () => {
    cancelAnimationFrame(frame)
    clearTimeout(safety)
  }
}
