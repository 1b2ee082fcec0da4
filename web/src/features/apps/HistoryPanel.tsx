import { useRuns } from '@/api/queries'
import { MoreRuns, RunRows } from '@/features/runs/RunRows'
import { Loading } from '@/ui/Loading'
import { Trouble } from '@/ui/Trouble'
import { text } from '@/ui/text'

export function HistoryPanel({ appId }: { appId: string }) {
  const runs = useRuns(appId)
  if (runs.isPending) return <Loading />
  if (runs.error) return <Trouble error={runs.error} onRetry={() => runs.refetch()} />
  const shown = runs.data.pages.flatMap((page) => page.data)
  if (!shown.length) return <p className="p-6 text-center text-faded">{text.runs.none}</p>
  return (
    <>
      <RunRows runs={shown} />
      <MoreRuns runs={runs} />
    </>
  )
}
