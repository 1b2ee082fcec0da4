import { useDeferredValue } from 'react'
import { CopyButton } from '@/ui/CopyButton'
import { text } from '@/ui/text'
import { Markdown } from './Markdown'
import { useLive } from './store'
import { isLive } from './view'

/** The answer as it comes. Only this is drawn again for a chunk; Markdown follows as fast as the machine can. */
export function LiveAnswer() {
  const words = useLive(({ view }) => view.text || view.answer || '')
  const live = useLive(({ view }) => isLive(view.status))
  const shown = useDeferredValue(words)
  if (!words) return live ? <p className="text-sm text-faded italic">{text.run.waiting}</p> : null
  return (
    <div aria-busy={live}>
      <Markdown>{shown}</Markdown>
      {live && <span aria-hidden className="mt-1 inline-block h-4 w-2 animate-pulse bg-thread align-text-bottom" />}
    </div>
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

export function CopyAnswer() {
  const answer = useLive(({ view }) => (isLive(view.status) ? '' : view.text || view.answer || ''))
  return answer ? <CopyButton value={answer} /> : null
}
