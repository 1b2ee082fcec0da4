import { type Edge, type EdgeProps, getBezierPath } from '@xyflow/react'
import { memo } from 'react'
import { edgeState } from '@/run/edges'
import { useLive } from '@/run/store'

export type FlowEdge = Edge<{ handle: string }>

/** An edge as yarn: one strand that carries the colour, and a twist along it that moves while it is pulled. */
export const ThreadEdge = memo(function ThreadEdge(props: EdgeProps<FlowEdge>) {
  const { source, target, data } = props
  const state = useLive(({ view }) => edgeState({ source, target, handle: data?.handle ?? 'source' }, view.nodes))
  const [path] = getBezierPath({ ...props, curvature: 0.38 })
  return (
    <g className={`thread-${state}`} data-thread={state}>
      <path d={path} className="strand" />
      <path d={path} className="twist" />
    </g>
  )
})
