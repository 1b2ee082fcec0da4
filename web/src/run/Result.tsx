import { useShallow } from 'zustand/react/shallow'
import type { JsonObject } from '@/api/types'
import { duration } from '@/ui/format'
import { JsonView } from '@/ui/JsonView'
import { Trouble } from '@/ui/Trouble'
import { text } from '@/ui/text'
import { CopyAnswer, LiveAnswer, LiveReasoning } from './Answer'
import { StatusLine } from './StatusMark'
import { Failure, Steps, type TitleOf } from './Steps'
import { useLive } from './store'
import { isLive } from './view'

/** Everything a run came to: how it stands, its answer, its outputs, its error, its steps. */
export function Result({ titleOf, onSelect }: { titleOf: TitleOf; onSelect?: (id: string) => void }) {
  const begun = useLive(({ view }) => view.status !== 'idle')
  if (!begun) return null
  return (
    <div className="rise space-y-4">
      <ResultHead />
      <RunFailure titleOf={titleOf} />
      <AnswerSheet />
      <LiveReasoning />
      <Outputs />
      <Steps titleOf={titleOf} onSelect={onSelect} />
    </div>
  )
}

export function ResultHead() {
  const { status, at, tokens, link } = useLive(
    useShallow(({ view, link: now }) => ({
      status: view.status,
      at: view.at,
      tokens: view.usage?.total_tokens,
      link: now,
    })),
  )
  return (
    <div aria-live="polite" className="flex flex-wrap items-center gap-x-3 gap-y-1 text-sm">
      <StatusLine status={status} />
      {!isLive(status) && at > 0 && <span className="text-faded tabular-nums">{duration(at * 1000)}</span>}
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
  if (trouble) return <Trouble error={trouble} />
  if (!error) return null
  return <Failure error={error} where={error.node_id ? text.run.failedAt(titleOf(error.node_id)) : undefined} />
}

function AnswerSheet() {
  const shown = useLive(({ view }) => Boolean(view.text || view.answer) || isLive(view.status))
  if (!shown) return null
  return (
    <section
      aria-label={text.run.answer}
      className="overflow-hidden rounded-[5px] border border-line bg-sheet shadow-sheet"
    >
      <div className="flex h-9 items-center justify-between border-b border-line pr-1 pl-4">
        <h3 className="text-sm">{text.run.answer}</h3>
        <CopyAnswer />
      </div>
      <div className="px-4 py-3">
        <LiveAnswer />
      </div>
    </section>
  )
}

function Outputs() {
  const outputs = useLive(({ view }) => view.outputs)
  const said = useLive(({ view }) => (view.text || view.answer || '').trim())
  if (!outputs || !Object.keys(outputs).length) return null
  return <JsonView title={text.run.outputs} value={outputs} open={!repeats(outputs, said)} />
}

/** Whether the outputs say nothing that the answer above them has not said. */
const repeats = (outputs: JsonObject, said: string): boolean =>
  Object.values(outputs).every((value) => typeof value === 'string' && value.trim() === said)
