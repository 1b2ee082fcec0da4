import { useState } from 'react'
import type { AppOverview } from '@/api/types'
import { Notice } from '@/ui/Notice'
import { text } from '@/ui/text'
import { recall, remember } from './dismissed'
import { ProblemList } from './ProblemList'

/** What one should know of this app before running it. */
export function AppNotices({ app }: { app: AppOverview }) {
  return (
    <div className="space-y-2 empty:hidden">
      {!app.runnable && (
        <Notice kind="warning" title={text.app.notRunnable}>
          <p>{text.app.notRunnableHelp}</p>
          <ul className="list-disc pl-5">
            {unique(app.problems.filter(({ code }) => code === 'not_runnable_yet').map(({ message }) => message)).map(
              (message) => (
                <li key={message}>{message}</li>
              ),
            )}
          </ul>
        </Notice>
      )}
      <StepsToCome app={app} />
      {app.runnable && <StandIns app={app} />}
      <Problems app={app} />
    </div>
  )
}

/** Steps that fail when their turn comes, said before somebody waits for the steps ahead of them. */
function StepsToCome({ app }: { app: AppOverview }) {
  const messages = unique(app.problems.filter(({ code }) => code === 'not_runnable_yet').map(({ message }) => message))
  if (!app.runnable || !messages.length) return null
  return (
    <Notice kind="warning" title={text.app.stepsToCome(messages.length)}>
      <p>{text.app.stepsToComeHelp}</p>
      <ul className="list-disc pl-5">
        {messages.slice(0, SHOWN_STEPS).map((message) => (
          <li key={message}>{message}</li>
        ))}
      </ul>
    </Notice>
  )
}

const SHOWN_STEPS = 4

const unique = (items: string[]): string[] => [...new Set(items)]

/** Said once: a notice that was read and closed does not come back for this app. */
function StandIns({ app }: { app: AppOverview }) {
  const notices = unique(app.models.flatMap(({ notice }) => (notice ? [notice] : [])))
  const name = `loomwork.notice.${app.id}.${notices.join('|')}`
  const [closed, setClosed] = useState(() => recall(name))
  if (closed || !notices.length) return null
  const dismiss = () => {
    remember(name)
    setClosed(true)
  }
  return (
    <Notice title={text.app.standIn} onDismiss={dismiss}>
      {notices.map((notice) => (
        <p key={notice}>{notice}</p>
      ))}
    </Notice>
  )
}

function Problems({ app }: { app: AppOverview }) {
  const problems = app.runnable ? app.problems : app.problems.filter(({ code }) => code !== 'not_runnable_yet')
  if (!problems.length) return null
  return (
    <details className="rounded-tag border border-line bg-sheet px-3 text-sm">
      <summary className="py-2 text-faded">{text.app.problems(problems.length)}</summary>
      <ProblemList problems={problems} />
    </details>
  )
}
