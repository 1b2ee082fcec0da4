import { ArrowUp, MessageSquarePlus, Square } from 'lucide-react'
import { type KeyboardEvent, useEffect, useRef, useState } from 'react'
import { Link } from 'react-router'
import type { AppOverview } from '@/api/types'
import { useModelGate } from '@/features/models/ModelGate'
import { LiveAnswer, LiveReasoning } from '@/run/Answer'
import { shownFields, toInputs } from '@/run/form'
import { useLaunch } from '@/run/launch'
import { Markdown } from '@/run/Markdown'
import { ResultHead, RunFailure } from '@/run/Result'
import { RunForm } from '@/run/RunForm'
import { RunNotices } from '@/run/RunNotices'
import { Steps, type TitleOf } from '@/run/Steps'
import { useLive } from '@/run/store'
import { isLive } from '@/run/view'
import { Button, IconButton } from '@/ui/Button'
import { Trouble } from '@/ui/Trouble'
import { text } from '@/ui/text'
import { type Turn, useConversation } from './conversation'
import { EarlierConversations } from './EarlierConversations'
import { openingOf } from './opening'
import { useInputs } from './RunPanel'
import { SampleRow } from './SampleRow'
import { type Sample, samplesOf } from './samples'

/** The app as somebody to talk to. */
export function ChatPanel({ app, titleOf }: { app: AppOverview; titleOf: TitleOf }) {
  const { ensure, gate } = useModelGate(app.models)
  const run = useLaunch(ensure)
  const form = useInputs(app, run.error)
  const talk = useConversation(app.id, run.launch)
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
  const fields = shownFields(app.form).length > 0
  return (
    <>
      <ConversationBar
        appId={app.id}
        onNew={talk.begin}
        onOpen={talk.open}
        current={talk.id}
        busy={live || run.starting}
      />
      <Scroller turns={talk.turns}>
        {talk.turns.length === 0 && <Opening app={app} onAsk={say} />}
        {fields && (
          <details open={talk.turns.length === 0} className="rounded-[5px] border border-line bg-sheet px-3.5">
            <summary className="py-2 text-sm font-medium">{text.chat.settings}</summary>
            <div className="pb-4">
              <RunForm form={app.form} values={form.values} errors={form.errors} onChange={form.change} />
            </div>
          </details>
        )}
        {talk.turns.map((turn) => (
          <TurnView key={turn.runId} turn={turn} titleOf={titleOf} />
        ))}
        <RunNotices models={app.models} />
        {run.error && !form.shows(run.error) && <Trouble error={run.error} />}
        {talk.error && <Trouble error={talk.error} />}
      </Scroller>
      <div className="shrink-0 space-y-2 border-t border-line bg-sheet p-3">
        {talk.turns.length === 0 && <SampleRow samples={samplesOf(app)} onPick={pick} />}
        <Composer
          draft={draft}
          onDraft={setDraft}
          onSend={() => say(draft)}
          onStop={run.stop}
          live={live}
          blocked={run.starting || !app.runnable}
        />
      </div>
      {gate}
    </>
  )
}

interface BarProps {
  appId: string
  current: string | null
  busy: boolean
  onNew: () => void
  onOpen: (id: string) => void
}

function ConversationBar({ appId, current, busy, onNew, onOpen }: BarProps) {
  return (
    <div className="flex shrink-0 items-center gap-2 border-b border-line px-3 py-1.5">
      <EarlierConversations appId={appId} current={current} disabled={busy} onOpen={onOpen} />
      <Button
        size="small"
        look="quiet"
        className="ml-auto"
        disabled={busy}
        icon={<MessageSquarePlus size={15} aria-hidden />}
        onClick={onNew}
      >
        {text.chat.new}
      </Button>
    </div>
  )
}

/** Follows the talk to its end, unless the reader has scrolled up. */
function Scroller({ turns, children }: { turns: readonly Turn[]; children: React.ReactNode }) {
  const box = useRef<HTMLDivElement>(null)
  const held = useRef(false)
  const length = useLive(({ view }) => view.text.length + view.order.length)
  // biome-ignore lint/correctness/useExhaustiveDependencies: what was added is what calls for scrolling
  useEffect(() => {
    if (!held.current) box.current?.scrollTo({ top: box.current.scrollHeight })
  }, [length, turns.length])
  const scrolled = () => {
    const { scrollHeight = 0, scrollTop = 0, clientHeight = 0 } = box.current ?? {}
    held.current = scrollHeight - scrollTop - clientHeight > 80
  }
  return (
    <div ref={box} onScroll={scrolled} className="min-h-0 flex-1 space-y-4 overflow-y-auto px-4 py-4">
      {children}
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

function TurnView({ turn, titleOf }: { turn: Turn; titleOf: TitleOf }) {
  const current = useLive(({ run }) => run?.id === turn.runId)
  return (
    <article className="space-y-2.5">
      <div className="ml-auto w-fit max-w-[88%] rounded-[8px_8px_2px_8px] bg-thread-wash px-3.5 py-2 whitespace-pre-wrap wrap-anywhere">
        <span className="sr-only">{text.chat.you}: </span>
        {turn.query}
      </div>
      <div className="flex gap-3">
        <div aria-hidden className="selvage w-1.5 shrink-0 rounded-tag" />
        <div className="min-w-0 flex-1 space-y-2.5">
          {current ? <CurrentAnswer titleOf={titleOf} /> : <Markdown>{turn.answer || text.run.noAnswer}</Markdown>}
          <Link
            to={`/runs/${turn.runId}`}
            className="text-xs text-faded underline underline-offset-2 hover:text-thread"
          >
            {text.run.openRun}
          </Link>
        </div>
      </div>
    </article>
  )
}

function CurrentAnswer({ titleOf }: { titleOf: TitleOf }) {
  return (
    <>
      <LiveReasoning />
      <LiveAnswer />
      <RunFailure titleOf={titleOf} />
      <ResultHead />
      <Steps titleOf={titleOf} />
    </>
  )
}

interface ComposerProps {
  draft: string
  live: boolean
  blocked: boolean
  onDraft: (draft: string) => void
  onSend: () => void
  onStop: () => void
}

function Composer({ draft, live, blocked, onDraft, onSend, onStop }: ComposerProps) {
  const sendOnEnter = (event: KeyboardEvent) => {
    // Enter also ends the composition of a Chinese or Japanese word; that one is not ours.
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return
    event.preventDefault()
    if (!live && !blocked) onSend()
  }
  return (
    <div className="flex items-end gap-2 rounded-[6px] border border-seam bg-paper p-1.5 focus-within:border-thread">
      <textarea
        aria-label={text.chat.placeholder}
        placeholder={text.chat.placeholder}
        rows={1}
        value={draft}
        onChange={(event) => onDraft(event.target.value)}
        onKeyDown={sendOnEnter}
        className="field-sizing-content max-h-48 min-h-9 flex-1 resize-none bg-transparent px-2 py-1.5 outline-none"
      />
      {live ? (
        <IconButton label={text.run.stop} look="plain" onClick={onStop}>
          <Square size={15} />
        </IconButton>
      ) : (
        <IconButton label={text.chat.send} look="primary" disabled={blocked || !draft.trim()} onClick={onSend}>
          <ArrowUp size={18} />
        </IconButton>
      )}
    </div>
  )
}
