import {
  Ban,
  Check,
  CircleSlash2,
  History,
  LoaderCircle,
  MessageCircleQuestionMark,
  Pause,
  RotateCw,
  X,
} from 'lucide-react'
import { classes } from '@/ui/classes'
import { text } from '@/ui/text'
import type { LiveRun } from './store'
import { type NodeStatus, type NodeView, type RunView, restsOnRequest } from './view'

/** `reused`: done, but in another run. `asking`: paused until somebody answers. */
type Status = NodeStatus | RunView['status'] | 'reused' | 'asking' | 'pausing'

/** A node is paused by its own question only. */
export function markOf({ status, reused }: Pick<NodeView, 'status' | 'reused'>): Status {
  if (status === 'paused') return 'asking'
  return reused && status === 'succeeded' ? 'reused' : status
}

/** How the run on the screen stands, in the words of whoever watches it. */
export function standOf({ view, pausing }: Pick<LiveRun, 'view' | 'pausing'>): Status {
  if (view.status === 'running' && pausing) return 'pausing'
  return view.status === 'paused' && !restsOnRequest(view) ? 'asking' : view.status
}

const MARKS: Partial<Record<Status, { icon: typeof Check; look: string }>> = {
  queued: { icon: LoaderCircle, look: 'text-marigold' },
  running: { icon: LoaderCircle, look: 'text-marigold animate-spin' },
  retrying: { icon: RotateCw, look: 'text-marigold animate-spin' },
  succeeded: { icon: Check, look: 'text-thread' },
  'partial-succeeded': { icon: Check, look: 'text-marigold' },
  failed: { icon: X, look: 'text-madder' },
  skipped: { icon: CircleSlash2, look: 'text-faded' },
  stopped: { icon: Ban, look: 'text-faded' },
  reused: { icon: History, look: 'text-faded' },
  asking: { icon: MessageCircleQuestionMark, look: 'text-marigold' },
  pausing: { icon: LoaderCircle, look: 'text-marigold animate-spin' },
  paused: { icon: Pause, look: 'text-marigold' },
}

/** How something stands, as a sign with its name for screen readers; nothing while it has not begun. */
export function NodeStatusMark({ status, size = 16 }: { status: Status; size?: number }) {
  const mark = MARKS[status]
  if (!mark) return null
  const Icon = mark.icon
  return (
    <span
      role="img"
      aria-label={text.run.status[status] ?? status}
      title={text.run.status[status]}
      className="shrink-0"
    >
      <Icon size={size} strokeWidth={2.4} className={classes(mark.look)} aria-hidden />
    </span>
  )
}

export function StatusLine({ status }: { status: Status }) {
  return (
    <span className="inline-flex items-center gap-1.5 font-semibold">
      <NodeStatusMark status={status} />
      {text.run.status[status] ?? status}
    </span>
  )
}
