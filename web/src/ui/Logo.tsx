import { classes } from './classes'

/** Three warp threads, two wefts: over, under, over. */
export function Mark({ className }: { className?: string }) {
  return (
    <svg
      viewBox="0 0 32 32"
      aria-hidden="true"
      className={classes('fill-none', className)}
      strokeLinecap="round"
      strokeWidth="3.4"
    >
      <path d="M10 4v24M22 4v24M16 4v4M16 15.500v12.500" className="stroke-ink" />
      <path d="M3.500 11.500H8M12 11.500h8M24 11.500h4.500" className="stroke-thread" />
      <path d="M3.500 20.500H14M18 20.500h10.500" className="stroke-madder" />
      <path d="M8 11.500h.01M24 11.500h.01" className="stroke-thread" />
    </svg>
  )
}

/** Loose threads from the left become cloth on the right. */
export function LoomArt({ className }: { className?: string }) {
  const wefts = [0, 1, 2, 3, 4, 5]
  const dyes = [
    'stroke-thread',
    'stroke-madder',
    'stroke-thread',
    'stroke-marigold-fill',
    'stroke-thread',
    'stroke-madder',
  ]
  const warps = Array.from({ length: 14 }, (_, index) => 166 + index * 16)
  return (
    <svg viewBox="0 0 400 120" aria-hidden="true" className={classes('fill-none', className)}>
      {warps.map((x) => (
        <path key={x} d={`M${x} 6V114`} className="stroke-seam" strokeWidth="2.4" />
      ))}
      {wefts.map((row) => {
        const y = 20 + row * 16
        const loose = 60 + Math.sin(row * 2.1) * 58
        return (
          <g key={row} className={dyes[row]} strokeLinecap="round">
            <path d={`M0 ${loose}C70 ${loose} 84 ${y} 158 ${y}`} strokeWidth="3" />
            {warps.map((x, column) =>
              (column + row) % 2 === 0 ? (
                <path key={x} d={`M${x - 8} ${y}h16`} strokeWidth="5.500" strokeLinecap="butt" />
              ) : null,
            )}
            {warps.map((x, column) =>
              (column + row) % 2 === 1 ? (
                <path
                  key={x}
                  d={`M${x - 8} ${y}h5.500M${x + 2.5} ${y}h5.500`}
                  strokeWidth="5.500"
                  strokeLinecap="butt"
                />
              ) : null,
            )}
          </g>
        )
      })}
    </svg>
  )
}
