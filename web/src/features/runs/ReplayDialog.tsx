import { type FormEvent, type ReactNode, useId, useState } from 'react'
import { useNavigate } from 'react-router'
import { ApiError } from '@/api/client'
import { api } from '@/api/endpoints'
import { refreshRuns, useApp } from '@/api/queries'
import type { AppOverview, FormField, JsonObject, ReplayRequest, Run } from '@/api/types'
import { useModelGate } from '@/features/models/ModelGate'
import { type FormErrors, type FormValues, initialValues, validate } from '@/run/form'
import { RunForm } from '@/run/RunForm'
import { Button } from '@/ui/Button'
import { Dialog } from '@/ui/Dialog'
import { Field, inputClasses } from '@/ui/Field'
import { Trouble } from '@/ui/Trouble'
import { text } from '@/ui/text'
import { type Change, changedFields, changedInputs, editable, type From, fits, objectOf, requestOf } from './replay'

interface Props {
  run: Run
  /** Null repeats the whole run. */
  from: From | null
  onClose: () => void
}

/** What should be different this time; then the new run is opened. */
export function ReplayDialog({ run, from, onClose }: Props) {
  const name = useId()
  const app = useApp(run.app_id)
  const draft = useDraft(run, from, app.data)
  const { ensure, gate } = useModelGate(app.data?.models ?? [])
  const replay = useReplay(run, ensure)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    const edited = draft.check()
    if (edited !== null) void replay.begin(requestOf(from, draft.change, edited))
  }
  return (
    <Dialog
      open
      onClose={onClose}
      title={from ? text.replay.titleFrom(from.title) : text.replay.title}
      description={from ? text.replay.helpFrom : text.replay.help}
      footer={
        <>
          <Button onClick={onClose}>{text.common.cancel}</Button>
          <Button look="primary" type="submit" form={name} disabled={replay.busy}>
            {replay.busy ? text.run.starting : text.replay.start}
          </Button>
        </>
      }
    >
      <form id={name} noValidate onSubmit={submit} className="space-y-4">
        {from && <Choice value={draft.change} onChange={draft.setChange} />}
        {draft.change === 'outputs' && (
          <JsonField
            label={text.replay.outputsLabel}
            help={text.replay.outputsHelp}
            value={draft.outputs}
            error={draft.torn ? text.form.notJson : null}
            onChange={draft.setOutputs}
          />
        )}
        {draft.change === 'inputs' && <Inputs draft={draft} refusal={replay.error} />}
        {replay.error && !draft.shows(replay.error) && <Trouble error={replay.error} />}
      </form>
      {gate}
    </Dialog>
  )
}

const NO_FIELDS: FormField[] = []

function useDraft(run: Run, from: From | null, app: AppOverview | undefined) {
  const [change, setChange] = useState<Change>(from ? 'nothing' : 'inputs')
  const [outputs, setOutputs] = useState(() => written(from?.outputs ?? {}))
  const given = editable(run.inputs)
  const [inputs, setInputs] = useState(() => written(given))
  const [torn, setTorn] = useState(false)
  const [changed, setChanged] = useState<FormValues>({})
  const [errors, setErrors] = useState<FormErrors>({})
  const form = app && fits(app.form, given) ? app.form : NO_FIELDS
  const values = { ...initialValues(form, given), ...changed }
  const typed = (value: string): JsonObject | null => {
    const edited = objectOf(value)
    setTorn(edited === null)
    return edited
  }
  /** What was edited, or null where it cannot be sent. */
  const check = (): JsonObject | null => {
    if (change === 'nothing') return {}
    if (change === 'outputs') return typed(outputs)
    if (!form.length) {
      const edited = typed(inputs)
      return edited && changedInputs(given, edited)
    }
    const found = validate(form, values)
    setErrors(found)
    return Object.keys(found).length ? null : changedFields(form, given, values)
  }
  const choose = (next: Change) => {
    setChange(next)
    setTorn(false)
  }
  const fill = (variable: string, value: FormValues[string]) => {
    setChanged((current) => ({ ...current, [variable]: value }))
    setErrors(({ [variable]: _mended, ...rest }) => rest)
  }
  const shows = (error: Error): boolean =>
    change === 'inputs' && error instanceof ApiError && form.some(({ variable }) => variable === error.field)
  return {
    appId: run.app_id,
    shows,
    change,
    setChange: choose,
    outputs,
    setOutputs,
    inputs,
    setInputs,
    torn,
    form,
    values,
    errors,
    fill,
    check,
  }
}

const written = (value: JsonObject): string => JSON.stringify(value, null, 2)

function useReplay(run: Run, ensure: () => Promise<boolean>) {
  const navigate = useNavigate()
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<Error | null>(null)
  const begin = async (request: ReplayRequest) => {
    setBusy(true)
    setError(null)
    try {
      if (!(await ensure())) return
      const { id } = await api.replayRun(run.id, request)
      void refreshRuns()
      navigate(`/runs/${id}`)
    } catch (failure) {
      setError(failure as Error)
    } finally {
      setBusy(false)
    }
  }
  return { busy, error, begin }
}

interface ChoiceProps {
  value: Change
  onChange: (value: Change) => void
}

function Choice({ value, onChange }: ChoiceProps) {
  const name = useId()
  const ways: [Change, string][] = [
    ['nothing', text.replay.nothing],
    ['outputs', text.replay.outputs],
    ['inputs', text.replay.inputs],
  ]
  return (
    <fieldset className="space-y-1.5">
      <legend className="mb-1 text-sm font-medium">{text.replay.change}</legend>
      {ways.map(([way, label]) => (
        <label key={way} className="flex items-center gap-2.5 text-sm">
          <input
            type="radio"
            name={name}
            className="size-4 accent-thread"
            checked={value === way}
            onChange={() => onChange(way)}
          />
          {label}
        </label>
      ))}
    </fieldset>
  )
}

/** The run's inputs by the app's form, or as JSON where the form has become another. */
function Inputs({ draft, refusal }: { draft: ReturnType<typeof useDraft>; refusal: Error | null }): ReactNode {
  const field = refusal instanceof ApiError ? refusal.field : null
  if (draft.form.length) {
    const errors = refusal && field ? { [field]: refusal.message, ...draft.errors } : draft.errors
    return <RunForm form={draft.form} appId={draft.appId} values={draft.values} errors={errors} onChange={draft.fill} />
  }
  return (
    <JsonField
      label={text.replay.inputsLabel}
      help={text.replay.inputsHelp}
      value={draft.inputs}
      error={draft.torn ? text.form.notJson : null}
      onChange={draft.setInputs}
    />
  )
}

interface JsonFieldProps {
  label: string
  help: string
  value: string
  error: string | null
  onChange: (value: string) => void
}

function JsonField({ label, help, value, error, onChange }: JsonFieldProps) {
  return (
    <Field label={label} help={help} error={error} required>
      {(wiring) => (
        <textarea
          {...wiring}
          value={value}
          rows={8}
          spellCheck={false}
          onChange={({ target }) => onChange(target.value)}
          className={`${inputClasses} field-sizing-content max-h-96 min-h-40 font-mono text-xs!`}
        />
      )}
    </Field>
  )
}
