import { MessageSquarePlus } from 'lucide-react'
import { useState } from 'react'
import { isMissing } from '@/api/client'
import type { AppOverview } from '@/api/types'
import { useModelGate } from '@/features/models/ModelGate'
import { shownFields, toInputs } from '@/run/form'
import { useLaunch } from '@/run/launch'
import { Markdown } from '@/run/Markdown'
import { RunForm } from '@/run/RunForm'
import { RunNotices } from '@/run/RunNotices'
import type { TitleOf } from '@/run/Steps'
import { useLive } from '@/run/store'
import { isLive } from '@/run/view'
import { Button } from '@/ui/Button'
import { Loading } from '@/ui/Loading'
import { Trouble } from '@/ui/Trouble'
import { text } from '@/ui/text'
import { AppNotices } from './AppNotices'
import { ChatTurn } from './ChatTurn'
import { Composer } from './Composer'
import { useConversation } from './conversation'
import { EarlierConversations } from './EarlierConversations'
import { useInputs } from './inputs'
import { openingOf } from './opening'
import { SampleRow } from './SampleRow'
import { Scroller } from './Scroller'
import { type Sample, samplesOf } from './samples'

/** The app as somebody to talk to. */
export function ChatPanel({ app, titleOf }: { app: AppOverview; titleOf: TitleOf }) {
  const { ensure, gate } = useModelGate(app.models)
  const run = useLaunch(ensure)
  const form = useInputs(app, run.error)
  const talk = useConversation(app.id, { launch: run.launch, onTaken: form.fill })
  const [draft, setDraft] = useState('')
  const live = useLive(({ view }) => isLive(view.status))
  const say = async (query: string) => {
    run.clearError()
    if (!query.trim() || !form.check()) return
    if (await talk.say(query, toInputs(app.form, form.values))) setDraft('')
  }
  const pick = (sample: Sample) => {
    form.fill(sample)
    setDraft(sample.query)
  }
  const first = talk.turns.length === 0 && !talk.reading
  const asks = openingOf(app).questions.length > 0
  return (
    <>
      <ConversationBar talk={talk} appId={app.id} busy={live || run.starting} />
      <Scroller turns={talk.turns}>
        <AppNotices app={app} />
        {first && app.runnable && <Opening app={app} onAsk={say} />}
        <ChatForm app={app} form={form} open={first} />
        {talk.reading && <Loading />}
        {talk.turns.map((turn) => (
          <ChatTurn key={turn.runId} turn={turn} titleOf={titleOf} />
        ))}
        <RunNotices models={app.models} />
        {run.error && !form.shows(run.error) && <Trouble error={run.error} />}
        {talk.error && <Trouble error={talk.error} onRetry={isMissing(talk.error) ? undefined : talk.retry} />}
      </Scroller>
      <div className="shrink-0 space-y-2 border-t border-line bg-sheet p-3">
        {first && !asks && <SampleRow samples={samplesOf(app)} onPick={pick} />}
        <Composer
          draft={draft}
          onDraft={setDraft}
          onSend={() => say(draft)}
          live={live}
          blocked={run.starting || talk.reading || !app.runnable}
        />
      </div>
      {gate}
    </>
  )
}

interface FormProps {
  app: AppOverview
  form: ReturnType<typeof useInputs>
  open: boolean
}

/** What the app asks for beside the message; it opens again where something is wrong with it. */
function ChatForm({ app, form, open }: FormProps) {
  if (!shownFields(app.form).length) return null
  return (
    <details
      open={open || Object.keys(form.errors).length > 0}
      className="rounded-[5px] border border-line bg-sheet px-3.5"
    >
      <summary className="py-2 text-sm font-medium">{text.chat.settings}</summary>
      <div className="pb-4">
        <RunForm
          form={app.form}
          appId={app.id}
          values={form.values}
          errors={form.errors}
          alarm={form.alarm}
          onChange={form.change}
        />
      </div>
    </details>
  )
}

interface BarProps {
  talk: ReturnType<typeof useConversation>
  appId: string
  busy: boolean
}

function ConversationBar({ talk, appId, busy }: BarProps) {
  return (
    <div className="flex shrink-0 items-center gap-2 border-b border-line px-3 py-1.5">
      <EarlierConversations appId={appId} current={talk.id} disabled={busy} onOpen={talk.open} />
      <Button
        size="small"
        look="quiet"
        className="ml-auto"
        disabled={busy}
        icon={<MessageSquarePlus size={15} aria-hidden />}
        onClick={talk.begin}
      >
        {text.chat.new}
      </Button>
    </div>
  )
}

function Opening({ app, onAsk }: { app: AppOverview; onAsk: (question: string) => void }) {
  const { statement, questions } = openingOf(app)
  return (
    <div className="space-y-3">
      {statement ? (
        <Markdown>{statement}</Markdown>
      ) : (
        <p className="font-serif text-lg text-faded">{text.chat.empty}</p>
      )}
      <div className="flex flex-col items-start gap-1.5">
        {questions.map((question) => (
          <button
            key={question}
            type="button"
            disabled={!app.runnable}
            onClick={() => onAsk(question)}
            className="stitched px-3 py-1.5 text-left text-sm hover:border-thread hover:text-thread"
          >
            {question}
          </button>
        ))}
      </div>
    </div>
  )
}
