import { ChevronRight, TriangleAlert } from 'lucide-react'
import { useState } from 'react'
import { Link } from 'react-router'
import { useProviders } from '@/api/queries'
import type { AppOverview, ModelBinding } from '@/api/types'
import { modelsAddress } from '@/features/models/address'
import { Notice } from '@/ui/Notice'
import { text } from '@/ui/text'
import { recall, remember } from './dismissed'
import { modeName } from './modes'
import { ProblemList, StuckList } from './ProblemList'
import { remarks, stuckCount, stuckSteps } from './problems'

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

/** Said once: a notice that was read and closed does not come back for this app. */
function StandIns({ app }: { app: AppOverview }) {
  const told = app.models.filter(({ notice }) => notice)
  const name = `loomwork.notice.${app.id}.${told.map(({ notice }) => notice).join('|')}`
  const [closed, setClosed] = useState(() => recall(name))
  if (closed || !told.length) return null
  const dismiss = () => {
    remember(name)
    setClosed(true)
  }
  return (
    <Notice title={text.app.standIn} onDismiss={dismiss}>
      <StandInList models={told} />
    </Notice>
  )
}

function StandInList({ models }: { models: readonly ModelBinding[] }) {
  const providers = useProviders()
  const labelOf = (id: string) => providers.data?.data.find((provider) => provider.id === id)?.label ?? id
  const unknown = [...new Set(models.flatMap(({ provider, notice }) => (provider === null && notice ? [notice] : [])))]
  return (
    <>
      {byProvider(models).map(({ provider, names, answering }) => (
        <p key={`${provider} ${answering}`}>
          {text.app.standInFor(names, labelOf(provider), answering)}{' '}
          <Link to={modelsAddress(provider)} className="text-thread underline underline-offset-2">
            {text.app.setUp(labelOf(provider))}
          </Link>
        </p>
      ))}
      {unknown.map((notice) => (
        <p key={notice}>{notice}</p>
      ))}
    </>
  )
}

interface StandIn {
  provider: string
  names: string[]
  answering: string
}

/** One for all models of a provider that the same model answers for. */
function byProvider(models: readonly ModelBinding[]): StandIn[] {
  const found = new Map<string, StandIn>()
  for (const { provider, name, model } of models) {
    if (provider === null || model === null) continue
    const answering = model.replace(/^local\//, '')
    const known = found.get(`${provider} ${answering}`) ?? { provider, names: [], answering }
    if (!known.names.includes(name)) known.names.push(name)
    found.set(`${provider} ${answering}`, known)
  }
  return [...found.values()]
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
