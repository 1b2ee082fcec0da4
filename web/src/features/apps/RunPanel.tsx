import { Play } from 'lucide-react'
import type { FormEvent } from 'react'
import { Link, useLocation } from 'react-router'
import { isMissing } from '@/api/client'
import type { AppOverview } from '@/api/types'
import { useModelGate } from '@/features/models/ModelGate'
import { shownFields, toInputs } from '@/run/form'
import { useLaunch } from '@/run/launch'
import { Result } from '@/run/Result'
import { RunControls } from '@/run/RunControls'
import { RunForm } from '@/run/RunForm'
import { RunNotices } from '@/run/RunNotices'
import type { TitleOf } from '@/run/Steps'
import { useLive } from '@/run/store'
import { isLive } from '@/run/view'
import { Button } from '@/ui/Button'
import { Trouble } from '@/ui/Trouble'
import { text } from '@/ui/text'
import { AppNotices } from './AppNotices'
import { givenInputs } from './again'
import { useInputs } from './inputs'
import { SampleRow } from './SampleRow'
import { samplesOf } from './samples'
import { useShownRun } from './shownRun'

/** Fill the form, run, and see what comes of it. */
export function RunPanel({ app, titleOf }: { app: AppOverview; titleOf: TitleOf }) {
  const { ensure, gate } = useModelGate(app.models)
  const run = useLaunch(ensure)
  const { state } = useLocation()
  const form = useInputs(app, run.error, givenInputs(state))
  const shown = useShownRun(app.id, form.fill)
  const live = useLive(({ view }) => isLive(view.status))
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    run.clearError()
    if (!form.check()) return
    const begun = await run.launch({ app_id: app.id, inputs: toInputs(app.form, form.values) })
    if (begun) shown.show(begun)
  }
  return (
    <div className="min-h-0 flex-1 space-y-5 overflow-y-auto px-4 py-4">
      <AppNotices app={app} />
      <form noValidate onSubmit={submit} className="space-y-4">
        <SampleRow samples={samplesOf(app)} onPick={form.fill} />
        {shownFields(app.form).length === 0 && <p className="text-sm text-faded">{text.form.nothing}</p>}
        <RunForm
          form={app.form}
          appId={app.id}
          values={form.values}
          errors={form.errors}
          alarm={form.alarm}
          onChange={form.change}
        />
        <div className="flex items-center gap-2">
          {live ? (
            <RunControls />
          ) : (
            <Button
              type="submit"
              look="primary"
              icon={<Play size={15} aria-hidden />}
              disabled={run.starting || !app.runnable}
            >
              {run.starting ? text.run.starting : text.run.run}
            </Button>
          )}
          <RunLink />
        </div>
      </form>
      {shown.error && <Trouble error={shown.error} onRetry={isMissing(shown.error) ? undefined : shown.retry} />}
      {run.error && !form.shows(run.error) && <Trouble error={run.error} />}
      <RunNotices models={app.models} />
      <Result titleOf={titleOf} />
      {gate}
    </div>
  )
}

function RunLink() {
  const id = useLive(({ run }) => run?.id)
  if (!id) return null
  return (
    <Link to={`/runs/${id}`} className="ml-auto text-sm text-thread underline underline-offset-2">
      {text.run.openRun}
    </Link>
  )
}
