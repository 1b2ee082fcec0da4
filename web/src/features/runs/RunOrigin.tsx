import { Link } from 'react-router'
import { useApp, useRun } from '@/api/queries'
import type { Run } from '@/api/types'
import type { TitleOf } from '@/run/Steps'
import { fullTime } from '@/ui/format'
import { text } from '@/ui/text'

const LINK = 'text-thread underline underline-offset-2'

/** Which run this one repeats, and which it is a step of. */
export function RunOrigin({ run, titleOf }: { run: Run; titleOf: TitleOf }) {
  if (!run.origin_id && !run.parent_id) return null
  return (
    <p className="flex flex-wrap gap-x-3 text-sm">
      {run.origin_id && <Repeated id={run.origin_id} from={run.origin_node_id} titleOf={titleOf} />}
      {run.parent_id && <Parent id={run.parent_id} />}
    </p>
  )
}

function Repeated({ id, from, titleOf }: { id: string; from: string | null; titleOf: TitleOf }) {
  const origin = useRun(id)
  return (
    <span>
      <Link to={`/runs/${id}`} className={LINK}>
        {origin.data ? text.runs.repeats(fullTime(origin.data.created_at)) : text.runs.repeatsUnknown}
      </Link>
      {from && ` ${text.runs.from(titleOf(from))}`}
    </span>
  )
}

function Parent({ id }: { id: string }) {
  const parent = useRun(id)
  return (
    <Link to={`/runs/${id}`} className={LINK}>
      {parent.data ? <ParentApp appId={parent.data.app_id} /> : text.runs.stepOfUnknown}
    </Link>
  )
}

function ParentApp({ appId }: { appId: string }) {
  const app = useApp(appId)
  return app.data ? text.runs.stepOf(app.data.name) : text.runs.stepOfUnknown
}
