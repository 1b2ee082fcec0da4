import { type FitViewOptions, type ReactFlowInstance, useReactFlow, useStore, useStoreApi } from '@xyflow/react'
import { useEffect } from 'react'
import { useLive } from '@/run/store'
import { isBusy } from '@/run/view'
import type { DrawnNode } from '../graph/view'
import { type Box, isInside, openingView, type Size } from './opening'
import type { FlowNode } from './TagNode'
import type { FlowEdge } from './ThreadEdge'

export const FIT: FitViewOptions = { padding: '28px', maxZoom: 1.1, minZoom: 0.1 }

/** Show the whole graph, or, where that would be too small to read, its beginning: the rest is found by moving it. */
export async function beginAtTheStart(
  flow: ReactFlowInstance<FlowNode, FlowEdge>,
  nodes: readonly DrawnNode[],
  size: Size,
): Promise<void> {
  const roots = nodes.filter((node) => node.parentId === null)
  const opening = openingView(roots, roots.find(({ type }) => type === 'start')?.id, size)
  if (opening) await flow.setViewport(opening)
}

/** Whether all of the graph is in sight. */
export const useWholeInSight = (nodes: readonly DrawnNode[]): boolean =>
  useStore(({ transform: [x, y, zoom], width, height }) =>
    nodes.every((node) => node.parentId !== null || isInside(node satisfies Box, { x, y, zoom }, { width, height })),
  )

/** While a run goes on, keep the node that works now in sight. */
export function useFollowedRun(on: boolean): void {
  const flow = useReactFlow()
  const store = useStoreApi()
  const busy = useLive(({ view }) => view.order.findLast((id) => view.nodes[id] && isBusy(view.nodes[id].status)))
  useEffect(() => {
    const node = on && busy !== undefined ? store.getState().nodeLookup.get(busy) : undefined
    if (!node) return
    const { width, height } = store.getState()
    const { x, y } = node.internals.positionAbsolute
    const centre = { x: x + (node.measured.width ?? 0) / 2, y: y + (node.measured.height ?? 0) / 2 }
    const [left, top, zoom] = store.getState().transform
    const seen = isWithin(centre.x * zoom + left, width) && isWithin(centre.y * zoom + top, height)
    if (!seen) void flow.setCenter(centre.x, centre.y, { zoom, duration: 350 })
  }, [on, busy, flow, store])
}

const MARGIN = 60

const isWithin = (at: number, size: number): boolean => at > MARGIN && at < size - MARGIN
