import { useApps, useRuns } from '@/api/queries'
import { EmptyState } from '@/ui/EmptyState'
import { Loading } from '@/ui/Loading'
import { LoomArt } from '@/ui/Logo'
import { Trouble } from '@/ui/Trouble'
import { text } from '@/ui/text'
import { usePageTitle } from '@/ui/usePageTitle'
import { MoreRuns, RunRows } from './RunRows'

export default function RunsPage() {
  usePageTitle(text.runs.title)
  return (
    <div className="mx-auto w-full max-w-4xl space-y-5 px-4 py-7 sm:px-6">
      <div className="space-y-1">
        <h1 className="text-3xl">{text.runs.title}</h1>
        <p className="text-faded">{text.runs.lead}</p>
      </div>
      <AllRuns />
    </div>
  )
}

function AllRuns() {
  const runs = useRuns(null)
  const apps = useApps('')
  if (runs.isPending) return <Loading />
  if (runs.error) return <Trouble error={runs.error} onRetry={() => runs.refetch()} />
  const shown = runs.data.pages.flatMap((page) => page.data)
  if (!shown.length) {
    return (
      <EmptyState title={text.runs.none} art={<LoomArt className="w-72 max-w-full" />}>
        <p>{text.runs.noneHelp}</p>
      </EmptyState>
    )
  }
  const names = new Map(apps.data?.pages.flatMap((page) => page.data).map((app) => [app.id, app.name]))
  return (
    <>
      <div className="overflow-hidden rounded-[5px] border border-line bg-sheet shadow-sheet">
        <RunRows runs={shown} appName={(id) => names.get(id)} />
      </div>
      <MoreRuns runs={runs} />
    </>
  )
}
