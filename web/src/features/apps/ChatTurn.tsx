import { Link } from 'react-router'
import type { RunStatus } from '@/api/types'
import { LiveReasoning } from '@/run/Answer'
import { Markdown } from '@/run/Markdown'
import { BegunAnew, ResultHead, RunFailure } from '@/run/Result'
import { StatusLine } from '@/run/StatusMark'
import { Steps, type TitleOf } from '@/run/Steps'
import { useLive } from '@/run/store'
import { LiveTalk } from '@/run/Talk'
import { text } from '@/ui/text'
import type { Turn } from './conversation'

/** What was said, and what was answered; the turn on the way with its steps. */
export function ChatTurn({ turn, titleOf }: { turn: Turn; titleOf: TitleOf }) {
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
          {current ? <CurrentAnswer titleOf={titleOf} /> : <EarlierAnswer turn={turn} />}
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

const WENT_WELL: readonly RunStatus[] = ['succeeded', 'partial-succeeded']

/** An answer as it was kept, and how it ended where that is not as it should. */
function EarlierAnswer({ turn }: { turn: Turn }) {
  return (
    <>
      <Markdown>{turn.answer || text.run.noAnswer}</Markdown>
      {!WENT_WELL.includes(turn.status) && <StatusLine status={turn.status} />}
    </>
  )
}

function CurrentAnswer({ titleOf }: { titleOf: TitleOf }) {
  return (
    <>
      <BegunAnew titleOf={titleOf} />
      <LiveReasoning />
      <LiveTalk titleOf={titleOf} />
      <RunFailure titleOf={titleOf} />
      <ResultHead />
      <Steps titleOf={titleOf} />
    </>
  )
}
