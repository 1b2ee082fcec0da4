import type { RunEvent } from '@/run/events'
import type { TitleOf } from '@/run/Steps'
import { useLive } from '@/run/store'
import { classes } from '@/ui/classes'
import { text } from '@/ui/text'

/** The events of a run in their order, on one thread. */
export function Timeline({ titleOf }: { titleOf: TitleOf }) {
  const log = useLive(({ view }) => view.log)
  return (
    <ol
      aria-label={text.runs.timeline}
      className="relative m-4 space-y-3 before:absolute before:inset-y-2 before:left-[5px] before:w-0.5 before:bg-line"
    >
      {log.map((event) => (
        <li key={event.seq} className="relative flex gap-3 pl-6 text-sm">
          <span
            aria-hidden
            className={classes('absolute top-1.5 left-0 size-3 rounded-full border-2 border-paper', knotOf(event))}
          />
          <span className="w-16 shrink-0 text-xs leading-5 text-faded tabular-nums">{event.at.toFixed(2)} s</span>
          <span className="min-w-0 flex-1">
            {event.node_id && /^(node|input)_/.test(event.type) && (
              <strong className="font-semibold">{titleOf(event.node_id)} </strong>
            )}
            {text.runs.events[nameOf(event)] ?? event.type.replaceAll('_', ' ')}
            {event.frame.length > 0 && (
              <span className="text-xs text-faded"> #{event.frame.map(([, index]) => index + 1).join('.')}</span>
            )}
          </span>
        </li>
      ))}
    </ol>
  )
}

/** A node that runs again because its process died did not fail; one that is reused did not run. */
function nameOf(event: RunEvent): string {
  if (event.type === 'node_retrying' && event.data.reason === 'resumed') return 'node_resumed'
  if (event.type === 'node_succeeded' && event.data.reused) return 'node_reused'
  return event.type
}

function knotOf({ type }: RunEvent): string {
  if (type.endsWith('failed') || type === 'run_stopped') return 'bg-madder'
  if (type.endsWith('succeeded') || type === 'input_received') return 'bg-thread'
  return type.endsWith('skipped') ? 'bg-line' : 'bg-marigold-fill'
}
