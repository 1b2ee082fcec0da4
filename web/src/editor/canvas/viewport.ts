import { type FitViewOptions, type ReactFlowInstance, useReactFlow, useStoreApi, type Viewport } from '@xyflow/react'
import { useEffect } from 'react'
import { useLive } from '@/run/store'
import { isBusy } from '@/run/view'
import type { DrawnNode } from '../graph/view'
import type { FlowNode } from './TagNode'
import type { FlowEdge } from './ThreadEdge'

export const FIT: FitViewOptions = { padding: 0.1, maxZoom: 1.1, minZoom: 0.1 }

/** Below this zoom the titles of nodes, which are drawn larger from afar, are smaller than small print. */
const READABLE = 0.62
/** Nodes are seen at this zoom where only the beginning of a graph is shown. */
const BEGINNING = 0.72
const EDGE_GAP = 28

/** Show the whole graph, or, where that would be too small to read, its beginning: the rest is found by moving it. */
export async function beginAtTheStart(flow: ReactFlowInstance<FlowNode, FlowEdge>, size: Size): Promise<void> {
  await flow.fitView(FIT)
  if (flow.getZoom() >= READABLE) return
  const roots = flow.getNodes().filter((node) => !node.parentId)
  const first = roots.find((node) => node.data.drawn.type === 'start') ?? leftmost(roots)
  if (first) await flow.setViewport(beginningWith(first.data.drawn, size))
}

interface Size {
  width: number
  height: number
}

const leftmost = (nodes: readonly FlowNode[]): FlowNode | undefined =>
  [...nodes].sort((a, b) => a.position.x - b.position.x)[0]

/** The node at the left edge, halfway down. */
const beginningWith = ({ x, y, height }: DrawnNode, size: Size): Viewport => ({
  x: EDGE_GAP - x * BEGINNING,
  y: size.height / 2 - (y + height / 2) * BEGINNING,
  zoom: BEGINNING,
})

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
