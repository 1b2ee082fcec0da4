import { UserRound } from 'lucide-react'
import { useEffect, useId, useMemo, useRef, useState } from 'react'
import { ApiError } from '@/api/client'
import { api } from '@/api/endpoints'
import { Button, type Look } from '@/ui/Button'
import { fullTime, untilTime } from '@/ui/format'
import { Trouble } from '@/ui/Trouble'
import { text } from '@/ui/text'
import { type AskedAction, type AskedField, actionsOf, fieldsOf, partsOf, refusalsOf, valuesOf } from './asking'
import { type FormErrors, type FormValue, initialValues } from './form'
import { Markdown } from './Markdown'
import type { Question } from './questions'
import { FieldRow, goToFirstError } from './RunForm'
import { useRunStore } from './store'

interface Props {
  runId: string
  question: Question
  /** Of the node that asks. */
  title: string
  onAnswered: () => void
}

/** The form of a node that waits for a person: its words, its fields where they stand, a button for each way on. */
export function QuestionForm({ runId, question, title, onAnswered }: Props) {
  const name = useId()
  const parts = useMemo(() => partsOf(question.form), [question.form])
  const answer = useAnswer(runId, question, onAnswered)
  const place = useRef<HTMLElement>(null)
  // It may come where nobody looks; the focus stays where a person works.
  useEffect(() => {
    // Newer browsers hand back a promise, which is no way to clean up.
    void place.current?.scrollIntoView({ block: 'nearest' })
  }, [])
  return (
    <section
      ref={place}
      aria-labelledby={name}
      className="rise scroll-my-4 overflow-hidden rounded-[5px] border border-marigold-fill bg-sheet shadow-sheet"
    >
      <h3 id={name} className="flex items-center gap-2 bg-marigold-wash px-4 py-2 text-sm">
        <UserRound size={16} aria-hidden className="shrink-0 text-marigold" />
        {text.ask.asks(title)}
      </h3>
      {/* Enter must not choose between the buttons: each is pressed on purpose. */}
      <form noValidate ref={answer.form} onSubmit={(event) => event.preventDefault()} className="space-y-4 px-4 py-3.5">
        {parts.map((part) =>
          part.kind === 'words' ? (
            <Markdown key={part.place}>{part.words}</Markdown>
          ) : (
            <FieldRow
              key={part.place}
              field={{ ...part.field, description: part.field.uploadOnly ? text.ask.noUpload : '' }}
              value={answer.values[part.field.variable] ?? ''}
              error={answer.errors[part.field.variable] ?? null}
              disabled={part.field.uploadOnly || answer.sending !== null}
              onChange={(value) => answer.change(part.field.variable, value)}
            />
          ),
        )}
        {answer.error && <Trouble error={answer.error} />}
        <Actions actions={actionsOf(question.actions)} sending={answer.sending} onChoose={answer.send} />
        {question.expiresAt !== null && <Expiry at={question.expiresAt} />}
      </form>
    </section>
  )
}

function useAnswer(runId: string, question: Question, onAnswered: () => void) {
  const store = useRunStore()
  const fields = useMemo(() => fieldsOf(question.form), [question.form])
  const [form, setForm] = useState<HTMLFormElement | null>(null)
  const [values, setValues] = useState(() => initialValues(fields))
  const [errors, setErrors] = useState<FormErrors>({})
  const [error, setError] = useState<Error | null>(null)
  const [sending, setSending] = useState<string | null>(null)
  const refuse = (found: FormErrors) => {
    setErrors(found)
    // The errors stand on the page only once it is drawn.
    requestAnimationFrame(() => form && goToFirstError(form))
  }
  const send = async (action: string) => {
    if (sending !== null) return
    setError(null)
    const found = refusalsOf(fields, values)
    if (Object.keys(found).length) return refuse(found)
    setErrors({})
    setSending(action)
    try {
      const { nodeId: node_id, frame } = question
      await api.answerRun(runId, { node_id, frame, action, values: valuesOf(fields, values) })
      onAnswered()
    } catch (failure) {
      setSending(null)
      const field = fieldOf(failure, fields)
      if (field) refuse({ [field]: (failure as Error).message })
      else setError(failure as Error)
    }
    store.wake()
  }
  const change = (variable: string, value: FormValue) => {
    setValues((current) => ({ ...current, [variable]: value }))
    setErrors(({ [variable]: _mended, ...rest }) => rest)
  }
  return { form: setForm, values, errors, error, sending, send, change }
}

const fieldOf = (failure: unknown, fields: readonly AskedField[]): string | null =>
  failure instanceof ApiError && fields.some(({ variable }) => variable === failure.field) ? failure.field : null

interface ActionsProps {
  actions: readonly AskedAction[]
  /** The action that is on its way. */
  sending: string | null
  onChoose: (action: string) => void
}

const LOOKS: Record<string, Look> = { primary: 'primary', accent: 'accent', ghost: 'quiet' }

function Actions({ actions, sending, onChoose }: ActionsProps) {
  if (!actions.length) return <p className="text-sm text-faded">{text.ask.noActions}</p>
  return (
    <div className="flex flex-wrap gap-2">
      {actions.map(({ id, title, style }) => (
        <Button
          key={id}
          look={LOOKS[style] ?? 'plain'}
          aria-disabled={sending !== null}
          onClick={() => onChoose(id)}
          className="h-auto! min-h-10 max-w-full py-2 whitespace-normal! wrap-anywhere"
        >
          {sending === id ? text.ask.sending : title}
        </Button>
      ))}
    </div>
  )
}

function Expiry({ at }: { at: number }) {
  const moment = new Date(at * 1000).toISOString()
  return (
    <p className="text-xs text-faded">
      {text.ask.until}{' '}
      <time dateTime={moment} title={fullTime(moment)}>
        {untilTime(at)}
      </time>
    </p>
  )
}
