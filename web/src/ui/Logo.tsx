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

const WEFTS = [
  'stroke-thread',
  'stroke-madder',
  'stroke-thread',
  'stroke-marigold-fill',
  'stroke-thread',
  'stroke-madder',
]
const WARPS = Array.from({ length: 15 }, (_, column) => 170 + column * 16)
const heightOf = (row: number): number => 18 + row * 17

/** Loose threads from the left become cloth on the right. */
export function LoomArt({ className }: { className?: string }) {
  return (
    <svg viewBox="0 0 412 120" aria-hidden="true" className={classes('fill-none', className)}>
      {WARPS.map((x) => (
        <path key={x} d={`M${x} 4V116`} className="stroke-seam" strokeWidth="5" />
      ))}
      {WEFTS.map((dye, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the rows of a drawing
        <Weft key={row} row={row} dye={dye} />
      ))}
    </svg>
  )
}

/** One thread across: loose at first, then over one warp and under the next. */
function Weft({ row, dye }: { row: number; dye: string }) {
  const y = heightOf(row)
  const loose = 60 + Math.sin(row * 2.1) * 56
  const over = WARPS.filter((_, column) => (column + row) % 2 === 1)
  return (
    <g>
      <path d={`M0 ${loose}C72 ${loose} 86 ${y} 160 ${y}`} className={dye} strokeWidth="3.6" />
      <path d={`M158 ${y}H406`} className={dye} strokeWidth="7.500" strokeLinecap="round" />
      {over.map((x) => (
        <path key={x} d={`M${x} ${y - 5}v10`} className="stroke-paper" strokeWidth="8" />
      ))}
      {over.map((x) => (
        <path key={x} d={`M${x} ${y - 8}v16`} className="stroke-seam" strokeWidth="5" />
      ))}
    </g>
  )
}
