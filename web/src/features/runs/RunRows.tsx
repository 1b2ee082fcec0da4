import { Link } from 'react-router'
import type { useRuns } from '@/api/queries'
import type { Run } from '@/api/types'
import { StatusLine } from '@/run/StatusMark'
import { Button } from '@/ui/Button'
import { duration, fullTime, timeAgo } from '@/ui/format'
import { text } from '@/ui/text'

/** Runs as lines that open them. */
export function RunRows({ runs, appName }: { runs: readonly Run[]; appName?: (appId: string) => string | undefined }) {
  return (
    <ul className="divide-y divide-line">
      {runs.map((run) => (
        <li key={run.id}>
          <Link
            to={`/runs/${run.id}`}
            className="grid grid-cols-[1fr_auto] gap-x-4 gap-y-0.5 px-4 py-3 text-sm -outline-offset-2 hover:bg-well"
          >
            <StatusLine status={run.status} />
            <time dateTime={run.created_at} title={fullTime(run.created_at)} className="text-right text-faded">
              {timeAgo(run.created_at)}
            </time>
            <span className="truncate text-faded">
              {[appName?.(run.app_id), gist(run)].filter(Boolean).join(' · ')}
            </span>
            <span className="text-right text-xs text-faded tabular-nums">
              {[duration(run.elapsed_ms), text.runs.sources[run.source] ?? run.source, versionOf(run)]
                .filter(Boolean)
                .join(' · ')}
            </span>
          </Link>
        </li>
      ))}
    </ul>
  )
}

const versionOf = ({ version }: Run): string => (version === null ? text.runs.draft : text.runs.version(version))

/** The first words that went in. */
function gist({ query, inputs }: Run): string {
  const words = query ?? Object.values(inputs).find((value) => typeof value === 'string' && value !== '')
  return typeof words === 'string' ? words.slice(0, 120) : ''
}

export function MoreRuns({ runs }: { runs: ReturnType<typeof useRuns> }) {
  if (!runs.hasNextPage) return null
  return (
    <div className="flex justify-center p-4">
      <Button onClick={() => runs.fetchNextPage()} disabled={runs.isFetchingNextPage}>
        {text.common.loadMore}
      </Button>
    </div>
  )
}
