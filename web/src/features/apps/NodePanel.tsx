import { iconOf } from '@/editor/canvas/icons'
import type { DrawnNode } from '@/editor/graph/view'
import { ReplayFrom } from '@/features/runs/ReplayFrom'
import { markOf, StatusLine } from '@/run/StatusMark'
import { NodeData } from '@/run/Steps'
import { useLive } from '@/run/store'
import { classes } from '@/ui/classes'
import { DYE } from '@/ui/dyes'
import { duration } from '@/ui/format'
import { text } from '@/ui/text'

/** One node: what it is set to do, and what it did in the run on the screen. */
export function NodePanel({ node }: { node: DrawnNode | null }) {
  if (!node) return <p className="p-4 text-sm text-faded">{text.run.node.none}</p>
  const Icon = iconOf(node.type)
  return (
    <div className="space-y-5 p-4">
      <div className="flex items-stretch gap-3">
        <div aria-hidden className={classes('selvage w-2.5 rounded-tag', DYE[node.family])} />
        <div className="min-w-0">
          <h2 className="text-lg leading-tight">{node.title}</h2>
          <p className="flex items-center gap-1.5 text-sm text-faded">
            <Icon size={15} aria-hidden />
            {text.graph.types[node.type] ?? node.type}
            <span className="font-mono text-xs">{node.id}</span>
          </p>
        </div>
      </div>
      {text.graph.help[node.type] && <p className="text-sm text-faded">{text.graph.help[node.type]}</p>}
      <NodeRun node={node} />
      <Settings node={node} />
    </div>
  )
}

function NodeRun({ node }: { node: DrawnNode }) {
  const ran = useLive(({ view }) => view.nodes[node.id])
  if (!ran) return <p className="text-sm text-faded">{text.run.node.notRun}</p>
  return (
    <section className="space-y-2">
      <p className="flex items-center gap-3 text-sm">
        <StatusLine status={markOf(ran)} />
        <span className="text-faded tabular-nums">{duration(ran.elapsedMs)}</span>
        {ran.runs > 1 && <span className="text-faded">{text.run.times(ran.runs)}</span>}
      </p>
      <ReplayFrom node={node} />
      <NodeData key={`${ran.runs}${ran.status}`} node={ran} />
    </section>
  )
}

function Settings({ node: { summary } }: { node: DrawnNode }) {
  if (!summary.rows.length) return null
  return (
    <section className="space-y-2">
      <h3 className="text-sm">{text.run.node.settings}</h3>
      <dl className="space-y-2.5">
        {summary.rows.map(({ term, text: value }) => (
          <div key={term}>
            <dt className="text-xs text-faded">{text.run.node.terms[term]}</dt>
            <dd className="max-h-64 overflow-auto rounded-tag bg-sheet px-2.5 py-1.5 text-[13px] whitespace-pre-wrap wrap-anywhere">
              {value}
            </dd>
          </div>
        ))}
      </dl>
    </section>
  )
}
