/** Where in its containers an event took place. Pure. */

import type { Frame } from './events'

export const isSameFrame = (one: Frame, other: Frame): boolean =>
  one.length === other.length && one.every(([node, index], depth) => isRound(other[depth], node, index))

/** Whether an event took place in a frame or in rounds inside it. */
export const isWithin = (inner: Frame, outer: Frame): boolean => isSameFrame(inner.slice(0, outer.length), outer)

const isRound = (round: Frame[number] | undefined, node: string, index: number): boolean =>
  round?.[0] === node && round[1] === index
