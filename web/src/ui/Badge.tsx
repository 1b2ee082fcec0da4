import type { ReactNode } from 'react'
import { classes } from './classes'

export type Tone = 'neutral' | 'thread' | 'madder' | 'marigold'

const TONES: Record<Tone, string> = {
  neutral: 'bg-well text-faded',
  thread: 'bg-thread-wash text-thread',
  madder: 'bg-madder-wash text-madder',
  marigold: 'bg-marigold-wash text-marigold',
}

export function Badge({
  tone = 'neutral',
  children,
  className,
}: {
  tone?: Tone
  children: ReactNode
  className?: string
}) {
  return (
    <span
      className={classes(
        'inline-flex items-center gap-1 rounded-tag px-1.5 py-0.5 text-xs font-medium whitespace-nowrap',
        TONES[tone],
        className,
      )}
    >
      {children}
    </span>
  )
}
