import { Brain, CircleAlert, Hand, Info, type LucideIcon, Wrench } from 'lucide-react'
import { classes } from '@/ui/classes'
import { duration } from '@/ui/format'
import { JsonView } from '@/ui/JsonView'
import { text } from '@/ui/text'
import type { AgentStep } from './agent'

const ICONS: Record<AgentStep['kind'], LucideIcon> = { thought: Brain, tool: Wrench, approval: Hand, notice: Info }

/** What an agent thought, called and was told, in that order; it grows while the agent works. */
export function AgentSteps({ steps }: { steps: readonly AgentStep[] }) {
  if (!steps.length) return null
  return (
    <section aria-label={text.run.agent.steps}>
      <h4 className="mb-1 text-xs font-semibold text-faded">{text.run.agent.steps}</h4>
      <ol className="space-y-2 border-l-2 border-line pl-2.5">
        {steps.map((step) => (
          <Step key={step.seq} step={step} />
        ))}
      </ol>
    </section>
  )
}

function Step({ step }: { step: AgentStep }) {
  const Icon = step.failed ? CircleAlert : ICONS[step.kind]
  return (
    <li className="space-y-1">
      <p className="flex items-center gap-2 text-xs">
        <Icon size={14} aria-hidden className={classes('shrink-0', step.failed ? 'text-madder' : 'text-faded')} />
        <span className={classes('min-w-0 flex-1 truncate', step.kind === 'tool' ? 'font-mono' : 'font-semibold')}>
          {titleOf(step)}
        </span>
        {step.failed && <span className="text-madder">{text.run.agent.failedCall}</span>}
        <Figures step={step} />
      </p>
      {step.kind === 'tool' ? <Call step={step} /> : <Words step={step} />}
    </li>
  )
}

function titleOf({ kind, tool, approved }: AgentStep): string {
  if (kind === 'tool') return tool ?? ''
  if (kind === 'approval') return `${approved ? text.run.agent.approved : text.run.agent.refused}: ${tool ?? ''}`
  return text.run.agent[kind]
}

function Figures({ step: { tokens, price, elapsedMs } }: { step: AgentStep }) {
  return (
    <span className="flex shrink-0 gap-2 text-faded tabular-nums">
      {tokens !== null && <span>{text.run.tokens(tokens)}</span>}
      {price && <span>{text.run.agent.price(price.amount, price.currency)}</span>}
      <span>{duration(elapsedMs)}</span>
    </span>
  )
}

function Call({ step: { input, text: result } }: { step: AgentStep }) {
  return (
    <div className="space-y-1">
      <JsonView title={text.run.agent.arguments} value={input} />
      <JsonView title={text.run.agent.result} value={result} />
    </div>
  )
}

function Words({ step: { text: words, calls, endedBy } }: { step: AgentStep }) {
  return (
    <>
      {words && <p className="text-[13px] whitespace-pre-wrap wrap-anywhere">{words}</p>}
      {calls.length > 0 && <p className="text-xs text-faded">{text.run.agent.calls(calls.join(', '))}</p>}
      {endedBy && <p className="text-xs text-marigold">{text.run.agent.endedBy[endedBy] ?? endedBy}</p>}
    </>
  )
}
