import { type FitViewOptions, type ReactFlowInstance, useReactFlow, useStoreApi } from '@xyflow/react'
import { useEffect } from 'react'
import { useLive } from '@/run/store'
import { isBusy } from '@/run/view'
import type { FlowNode } from './TagNode'
import type { FlowEdge } from './ThreadEdge'

export const FIT: FitViewOptions = { padding: 0.1, maxZoom: 1.1, minZoom: 0.1 }

/** Below this zoom not even titles can be read. */
const READABLE = 0.42

/** Show the whole graph, or, where that would be too small to read, its beginning. */
export async function beginAtTheStart(flow: ReactFlowInstance<FlowNode, FlowEdge>): Promise<void> {
  await flow.fitView(FIT)
  if (flow.getZoom() >= READABLE) return
  const roots = flow.getNodes().filter((node) => !node.parentId)
  const first = roots.find((node) => node.data.drawn.type === 'start') ?? roots[0]
  if (first) await flow.fitView({ nodes: nearest(roots, first), padding: 0.08, minZoom: READABLE, maxZoom: 0.7 })
}

const AT_FIRST = 6

function nearest(nodes: readonly FlowNode[], { position }: FlowNode): FlowNode[] {
  const distance = (node: FlowNode): number => Math.hypot(node.position.x - position.x, node.position.y - position.y)
  return [...nodes].sort((a, b) => distance(a) - distance(b)).slice(0, AT_FIRST)
}

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
