import { useStore } from '@xyflow/react'

const GAP = 22
const CLOSEST = 18

/** The warp behind the graph: upright threads that move and grow with it. */
export function Warp() {
  const x = useStore((state) => state.transform[0])
  const zoom = useStore((state) => state.transform[2])
  const gap = spread(GAP * zoom)
  return (
    <div
      aria-hidden
      className="absolute inset-0 -z-10"
      style={{
        backgroundImage:
          'linear-gradient(90deg, color-mix(in srgb, var(--line) 70%, transparent) 1px, transparent 1px)',
        backgroundSize: `${gap}px 100%`,
        backgroundPositionX: `${x % gap}px`,
      }}
    />
  )
}

/** From afar every second thread is left out, again and again, before they close up to a grey. */
const spread = (gap: number): number => (gap < CLOSEST ? spread(gap * 2) : gap)
