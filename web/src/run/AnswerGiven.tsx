import { CircleCheck, TimerOff } from 'lucide-react'
import type { ReactNode } from 'react'
import { text } from '@/ui/text'
import { actionsOf, partsOf } from './asking'
import { Markdown } from './Markdown'
import type { Answered } from './questions'

/** A question as it was answered, here or anywhere else. */
export function AnswerGiven({ answer, title }: { answer: Answered; title: string }) {
  const chosen = actionsOf(answer.actions).find(({ id }) => id === answer.action)?.title ?? answer.action
  const Icon = answer.action === null ? TimerOff : CircleCheck
  return (
    <details className="rounded-[5px] border border-line bg-sheet text-sm">
      <summary className="flex items-center gap-2 px-3 py-2 marker:content-none">
        <Icon size={16} aria-hidden className={answer.action === null ? 'text-marigold' : 'text-thread'} />
        <span className="min-w-0 flex-1">
          {answer.action === null ? text.ask.ranOut(title) : text.ask.answered(title)}
        </span>
        {chosen !== null && <strong className="font-semibold">{chosen}</strong>}
      </summary>
      <div className="space-y-2 border-t border-line px-3 py-2.5">
        {partsOf(answer.form).map((part) =>
          part.kind === 'words' ? (
            <Markdown key={part.place}>{part.words}</Markdown>
          ) : (
            <Said key={part.place} label={part.field.label || part.field.variable}>
              {saidOf(answer.values[part.field.variable])}
            </Said>
          ),
        )}
      </div>
    </details>
  )
}

const saidOf = (value: unknown): string =>
  typeof value === 'string' ? value : value === undefined || value === null ? '' : JSON.stringify(value)

function Said({ label, children }: { label: string; children: ReactNode }) {
  return (
    <p>
      <span className="block text-xs text-faded">{label}</span>
      <span className="whitespace-pre-wrap wrap-anywhere">{children || '–'}</span>
    </p>
  )
}
