import { RotateCw } from 'lucide-react'
import type { ReactNode } from 'react'
import { useShallow } from 'zustand/react/shallow'
import { CopyButton } from '@/ui/CopyButton'
import { duration } from '@/ui/format'
import { JsonView } from '@/ui/JsonView'
import { Trouble } from '@/ui/Trouble'
import { text } from '@/ui/text'
import { LiveAnswer, LiveParts, LiveReasoning } from './Answer'
import { labelsOf } from './labels'
import { Markdown } from './Markdown'
import { StatusLine, standOf } from './StatusMark'
import { Failure, Steps, type TitleOf } from './Steps'
import { useLive } from './store'
import { Questions } from './Talk'
import { isLive, type RunView } from './view'

/** Everything a run came to: how it stands, its answer, its outputs, its error, its steps. */
export function Result({ titleOf, onSelect }: { titleOf: TitleOf; onSelect?: (id: string) => void }) {
  const begun = useLive(({ view }) => view.status !== 'idle')
  if (!begun) return null
  return (
    <div className="rise space-y-4">
      <ResultHead />
      <RunFailure titleOf={titleOf} />
      <BegunAnew titleOf={titleOf} />
      <AnswerSheet />
      <Questions titleOf={titleOf} />
      <LiveReasoning />
      <Outputs />
      <Steps titleOf={titleOf} onSelect={onSelect} />
    </div>
  )
}

export function ResultHead() {
  const { status, over, at, tokens, link } = useLive(
    useShallow(({ view, pausing, link: now }) => ({
      status: standOf({ view, pausing }),
      over: !isLive(view.status),
      at: view.at,
      tokens: view.usage?.total_tokens,
      link: now,
    })),
  )
  return (
    <div aria-live="polite" className="flex flex-wrap items-center gap-x-3 gap-y-1 text-sm">
      <StatusLine status={status} />
      {over && at > 0 && <span className="text-faded tabular-nums">{duration(at * 1000)}</span>}
      {typeof tokens === 'number' && tokens > 0 && (
        <span className="text-faded tabular-nums">{text.run.tokens(tokens)}</span>
      )}
      {link === 'reconnecting' && <span className="text-marigold">{text.run.reconnecting}</span>}
    </div>
  )
}

export function RunFailure({ titleOf }: { titleOf: TitleOf }) {
  const error = useLive(({ view }) => view.error)
  const trouble = useLive((live) => live.trouble)
  const type = useLive(({ view }) => view.nodes[view.error?.node_id ?? '']?.type)
  if (trouble) return <Trouble error={trouble} />
  if (!error) return null
  return (
    <Failure error={error} type={type} where={error.node_id ? text.run.failedAt(titleOf(error.node_id)) : undefined} />
  )
}

/** Why an answer that was half there begins from its first word. */
export function BegunAnew({ titleOf }: { titleOf: TitleOf }) {
  const resumed = useLive(({ view }) => view.resumed)
  return resumed.map(({ nodeId, unsaid }) => (
    <p key={nodeId} role="status" className="flex items-baseline gap-1.5 text-xs text-faded">
      <RotateCw size={12} aria-hidden className="shrink-0 translate-y-0.5" />
      {unsaid ? text.run.saidAnew(titleOf(nodeId)) : text.run.begunAnew(titleOf(nodeId))}
    </p>
  ))
}

/** What streams; once a workflow has ended, its named outputs take the place of the stream. */
function AnswerSheet() {
  const shown = useLive(({ view }) => speaks(view))
  const answer = useLive(({ view }) => (isLive(view.status) ? '' : view.text || view.answer || ''))
  const chat = useLive(({ run }) => run?.query !== null)
  if (!shown) return null
  return (
    <Sheet title={text.run.answer} copy={answer}>
      {chat ? <LiveAnswer /> : <LiveParts />}
    </Sheet>
  )
}

/** Whether there are words to show, or some may come before anybody has to answer. */
function speaks(view: RunView): boolean {
  const words = Boolean(view.text || view.answer)
  return isLive(view.status) ? words || !view.questions.length : words && !hasOutputs(view)
}

/** Each output by its name: text as Markdown, anything else as data. */
function Outputs() {
  const outputs = useLive(({ view }) => (isLive(view.status) || !hasOutputs(view) ? null : view.outputs))
  if (!outputs) return null
  const labels = labelsOf(Object.keys(outputs))
  return Object.entries(outputs).map(([name, value]) =>
    typeof value === 'string' && value !== '' ? (
      <Sheet key={name} title={labels[name] ?? name} name={name} copy={value}>
        <Markdown>{value}</Markdown>
      </Sheet>
    ) : (
      <JsonView key={name} title={labels[name] ?? name} name={name} value={value} open />
    ),
  )
}

/** A chat's one output is its answer, which needs no name. */
const hasOutputs = ({ outputs, answer }: RunView): boolean => answer === null && Object.keys(outputs ?? {}).length > 0

interface SheetProps {
  title: string
  /** What a program calls it. */
  name?: string
  copy: string
  children: ReactNode
}

function Sheet({ title, name, copy, children }: SheetProps) {
  return (
    <section aria-label={title} className="overflow-hidden rounded-[5px] border border-line bg-sheet shadow-sheet">
      <div className="flex h-9 items-center justify-between border-b border-line pr-1 pl-4">
        <h3 className="text-sm" title={name && text.run.outputName(name)}>
          {title}
        </h3>
        {copy && <CopyButton value={copy} />}
      </div>
      <div className="px-4 py-3">{children}</div>
    </section>
  )
}
