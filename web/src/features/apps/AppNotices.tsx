import { ChevronRight, TriangleAlert } from 'lucide-react'
import type { AppOverview } from '@/api/types'
import { Notice } from '@/ui/Notice'
import { text } from '@/ui/text'
import { modeName } from './modes'
import { ProblemList, StuckList } from './ProblemList'
import { remarks, stuckCount, stuckSteps } from './problems'
import { Blind, StandIns } from './StandIns'

/** What one should know of this app before running it. It is short, so that what one came for stays in sight. */
export function AppNotices({ app }: { app: AppOverview }) {
  return (
    <div className="space-y-2 empty:hidden">
      {!app.runnable && (
        <Notice kind="warning" title={text.app.notRunnable}>
          <p>{text.app.notRunnableHelp(modeName(app.mode))}</p>
        </Notice>
      )}
      {app.runnable && <StepsToCome app={app} />}
      {app.runnable && <StandIns app={app} />}
      {app.runnable && <Blind models={app.models} />}
      <Remarks app={app} />
    </div>
  )
}

/** Steps that fail when their turn comes, said before somebody waits for the steps ahead of them. */
function StepsToCome({ app }: { app: AppOverview }) {
  const stuck = stuckSteps(app.problems, app.nodes)
  if (!stuck.length) return null
  return (
    <details className="group rounded-tag border-l-4 border-marigold-fill bg-marigold-wash px-3 text-sm">
      <summary className="flex cursor-pointer list-none items-center gap-2.5 py-2 font-semibold">
        <TriangleAlert aria-hidden size={17} className="shrink-0" />
        <span className="flex-1">{text.app.stepsToCome(stuckCount(app.problems))}</span>
        <ChevronRight aria-hidden size={15} className="shrink-0 transition-transform group-open:rotate-90" />
      </summary>
      <div className="max-h-52 space-y-2 overflow-y-auto pb-3 pl-7">
        <p>{text.app.stepsToComeHelp}</p>
        <StuckList stuck={stuck} />
      </div>
    </details>
  )
}

function Remarks({ app }: { app: AppOverview }) {
  const problems = remarks(app.problems)
  if (!problems.length) return null
  return (
    <details className="rounded-tag border border-line bg-sheet px-3 text-sm">
      <summary className="py-2 text-faded">{text.app.problems(problems.length)}</summary>
      <ProblemList problems={problems} nodes={app.nodes} />
    </details>
  )
}
