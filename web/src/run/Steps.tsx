import { ChevronRight } from 'lucide-react'
import { useState } from 'react'
import { useShallow } from 'zustand/react/shallow'
import { classes } from '@/ui/classes'
import { duration } from '@/ui/format'
import { JsonView } from '@/ui/JsonView'
import { text } from '@/ui/text'
import { AgentSteps } from './AgentSteps'
import { failureOf } from './reasons'
import { markOf, NodeStatusMark } from './StatusMark'
import { useLive } from './store'
import { isBusy, type NodeView } from './view'

export type TitleOf = (nodeId: string) => string

/** The nodes in the order in which they ran, each opening to what went in and what came out; of an agent at work, what it
 * does stands there before. */
export function Steps({ titleOf, onSelect }: { titleOf: TitleOf; onSelect?: (id: string) => void }) {
  const order = useLive(useShallow(({ view }) => view.order))
  if (!order.length) return null
  return (
    <section aria-label={text.run.steps}>
      <h3 className="mb-1.5 text-sm">{text.run.steps}</h3>
      <ol className="divide-y divide-line overflow-hidden rounded-[5px] border border-line bg-sheet">
        {order.map((id) => (
          <Step key={id} id={id} titleOf={titleOf} onSelect={onSelect} />
        ))}
      </ol>
    </section>
  )
}

function Step({ id, titleOf, onSelect }: { id: string; titleOf: TitleOf; onSelect?: (id: string) => void }) {
  const node = useLive(({ view }) => view.nodes[id])
  const [open, setOpen] = useState(false)
  if (!node) return null
  const toggle = () => {
    setOpen(!open)
    if (!open) onSelect?.(id)
  }
  return (
    <li>
      <button
        type="button"
        aria-expanded={open}
        onClick={toggle}
        className="flex w-full items-center gap-2.5 px-3 py-2 text-left text-sm hover:bg-paper"
      >
        <NodeStatusMark status={markOf(node)} />
        <span className={classes('min-w-0 flex-1 truncate', node.status === 'skipped' && 'text-faded')}>
          {titleOf(id)}
        </span>
        {node.runs > 1 && <span className="text-xs text-faded">{text.run.times(node.runs)}</span>}
        <span className="text-xs text-faded tabular-nums">{duration(node.elapsedMs)}</span>
        <ChevronRight
          size={15}
          aria-hidden
          className={classes('text-seam transition-transform', open && 'rotate-90')}
        />
      </button>
      {open && (
        <div className="space-y-2 px-3 pb-3">
          <NodeData node={node} />
        </div>
      )}
      {!open && isBusy(node.status) && node.steps.length > 0 && (
        <div className="px-3 pb-3">
          <AgentSteps steps={node.steps} />
        </div>
      )}
    </li>
  )
}

/** What went into a node, what came out of it, and what went wrong. */
export function NodeData({ node }: { node: NodeView }) {
  return (
    <>
      {node.error && <Failure error={node.error} type={node.type} />}
      {node.reused && <p className="text-xs text-faded">{text.run.reusedHelp}</p>}
      {node.handled && <p className="text-xs text-faded">{text.run.continued}</p>}
      <AgentSteps steps={node.steps} />
      {node.inputs && <JsonView title={text.run.inputs} value={node.inputs} />}
      {node.outputs && <JsonView title={text.run.outputs} value={node.outputs} open />}
      {node.usage && Object.keys(node.usage).length > 0 && <JsonView title={text.run.usage} value={node.usage} />}
    </>
  )
}

interface FailureProps {
  error: { code: string; message: string }
  /** Of the step that failed. */
  type?: string
  where?: string
}

export function Failure({ error, type, where }: FailureProps) {
  return (
    <div role="alert" className="rounded-tag border-l-4 border-madder bg-madder-wash px-3 py-2 text-sm">
      {where && <p className="font-semibold">{where}</p>}
      {failureOf(error, type).map((sentence) => (
        <p key={sentence} className="wrap-anywhere whitespace-pre-wrap">
          {sentence}
        </p>
      ))}
      <p className="mt-1 font-mono text-xs text-faded">{error.code}</p>
    </div>
  )
}
