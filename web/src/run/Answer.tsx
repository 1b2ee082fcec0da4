import { useDeferredValue } from 'react'
import { useModelLoading } from '@/api/queries'
import { text } from '@/ui/text'
import { Markdown } from './Markdown'
import { useLive } from './store'
import { type RunView, restsOnRequest } from './view'

/** The answer as it comes. Only this is drawn again for a chunk; Markdown follows as fast as the machine can. */
export function LiveAnswer() {
  const words = useDeferredValue(useLive(({ view }) => view.text || view.answer || ''))
  return <Streamed blocks={words ? [words] : []} waiting={text.run.waiting} />
}

/** What streams of a workflow's outputs, one block for each. */
export function LiveParts() {
  const parts = useLive(({ view }) => view.parts)
  // Whether any words come before the end is not known yet: many workflows only give their outputs.
  return <Streamed blocks={useDeferredValue(parts).map((part) => part.text)} waiting={text.run.working} />
}

function Streamed({ blocks, waiting }: { blocks: readonly string[]; waiting: string }) {
  const busy = useBusy()
  const growing = useGrowing()
  return (
    <div aria-busy={busy}>
      <div className="space-y-3 divide-y divide-line empty:hidden *:not-last:pb-3">
        {blocks.map((block, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: blocks are only ever added at the end
          <Markdown key={index} growing={growing && index === blocks.length - 1}>
            {block}
          </Markdown>
        ))}
      </div>
      <Pulse waiting={blocks.length ? null : waiting} written={blocks.length > 0} />
    </div>
  )
}

export const useBusy = (): boolean => useLive(({ view }) => isUnderWay(view))

/** Whether words come, and nobody is waited for. */
export const useGrowing = (): boolean =>
  useLive(({ view }) => isUnderWay(view) && !view.questions.length && !restsOnRequest(view))

const isUnderWay = ({ status }: RunView): boolean => status === 'running' || status === 'queued'

/**
 * Whether more is to come, below what came so far; `waiting` is said while nothing did. Behind words that were
 * `written` just now a cursor stands already.
 */
export function Pulse({ waiting, written }: { waiting: string | null; written: boolean }) {
  const paused = useLive(({ view }) => restsOnRequest(view))
  const growing = useGrowing()
  if (paused) return <p className="text-sm text-faded italic not-first:mt-3">{text.run.resting}</p>
  if (!growing || written) return null
  if (waiting !== null) return <Waiting words={waiting} />
  return <span aria-hidden className="mt-1.5 inline-block h-4 w-2 animate-pulse bg-thread" />
}

/** For the first words; a model that was not in memory has to be brought there first, which takes a few seconds. */
function Waiting({ words }: { words: string }) {
  const loading = useModelLoading(true)
  return (
    <p role="status" className="text-sm text-faded italic">
      {loading ? text.run.loadingModel : words}
    </p>
  )
}

export function LiveReasoning() {
  const reasoning = useLive(({ view }) => view.reasoning)
  if (!reasoning) return null
  return (
    <details className="rounded-tag border border-line bg-paper text-sm">
      <summary className="px-3 py-1.5 text-xs font-semibold text-faded">{text.run.reasoning}</summary>
      <p className="max-h-72 overflow-auto border-t border-line px-3 py-2 whitespace-pre-wrap text-faded">
        {reasoning}
      </p>
    </details>
  )
}
