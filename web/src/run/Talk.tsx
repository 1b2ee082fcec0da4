import { useCallback, useDeferredValue, useMemo, useRef } from 'react'
import { text } from '@/ui/text'
import { Pulse, useBusy, useGrowing } from './Answer'
import { AnswerGiven } from './AnswerGiven'
import { Markdown } from './Markdown'
import { QuestionForm } from './QuestionForm'
import { keyOf } from './questions'
import type { TitleOf } from './Steps'
import { useLive } from './store'
import { askedOf, type Told, talkOf } from './talk'

/** What the run asks, each as a form, after what it was told already. */
export function Questions({ titleOf }: { titleOf: TitleOf }) {
  const questions = useLive(({ view }) => view.questions)
  const answers = useLive(({ view }) => view.answers)
  const told = useMemo(() => askedOf({ questions, answers }), [questions, answers])
  return <Turns told={told} titleOf={titleOf} />
}

/** The answer of a chat as it comes, with what it asks in between. */
export function LiveTalk({ titleOf }: { titleOf: TitleOf }) {
  const parts = useDeferredValue(useLive(({ view }) => view.parts))
  const answer = useLive(({ view }) => view.answer)
  const questions = useLive(({ view }) => view.questions)
  const answers = useLive(({ view }) => view.answers)
  const told = useMemo(() => {
    const talk = talkOf({ parts, questions, answers })
    return parts.length || !answer ? talk : [...talk, { kind: 'words' as const, words: answer }]
  }, [parts, questions, answers, answer])
  const growing = useGrowing()
  return (
    <div aria-busy={useBusy()}>
      <Turns told={told} titleOf={titleOf} growing={growing} />
      <Pulse waiting={parts.length || answer ? null : text.run.waiting} written={told.at(-1)?.kind === 'words'} />
    </div>
  )
}

interface TurnsProps {
  told: readonly Told[]
  titleOf: TitleOf
  /** More words come behind the last ones. */
  growing?: boolean
}

function Turns({ told, titleOf, growing = false }: TurnsProps) {
  const place = useRef<HTMLDivElement>(null)
  // The form that had the focus is gone once it is answered.
  const stay = useCallback(() => place.current?.focus({ preventScroll: true }), [])
  return (
    <div ref={place} tabIndex={-1} className="space-y-3 outline-none empty:hidden">
      {told.map((turn, index) => (
        <Turn
          key={nameOf(turn, index)}
          turn={turn}
          titleOf={titleOf}
          growing={growing && index === told.length - 1}
          onAnswered={stay}
        />
      ))}
    </div>
  )
}

/** Words have no name of their own, and are only ever added at the end. */
const nameOf = (turn: Told, index: number): string | number =>
  turn.kind === 'question' ? keyOf(turn.question) : turn.kind === 'answer' ? `a${turn.answer.seq}` : index

interface TurnProps {
  turn: Told
  titleOf: TitleOf
  growing: boolean
  onAnswered: () => void
}

function Turn({ turn, titleOf, growing, onAnswered }: TurnProps) {
  const runId = useLive(({ run }) => run?.id) ?? ''
  if (turn.kind === 'words') return <Markdown growing={growing}>{turn.words}</Markdown>
  if (turn.kind === 'answer') return <AnswerGiven answer={turn.answer} title={titleOf(turn.answer.nodeId)} />
  const { question } = turn
  return (
    <QuestionForm
      key={runId}
      runId={runId}
      question={question}
      title={titleOf(question.nodeId)}
      onAnswered={onAnswered}
    />
  )
}
