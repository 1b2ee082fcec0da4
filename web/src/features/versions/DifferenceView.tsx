import { Minus, PencilLine, Plus } from 'lucide-react'
import type { ReactNode } from 'react'
import type { Difference, EdgeChange, FieldChange, NodeChange } from '@/api/life'
import type { Json } from '@/api/types'
import { Badge } from '@/ui/Badge'
import { text } from '@/ui/text'

/** Nodes with their fields, then threads, then settings; no word of where nodes stand on the canvas. */
export function DifferenceView({ difference }: { difference: Difference }) {
  const { nodes, edges, settings } = difference
  if (nodes.length + edges.length + settings.length === 0)
    return <p className="stitched px-4 py-5 text-sm text-faded">{text.versions.alike}</p>
  return (
    <section
      aria-label={text.versions.compare}
      className="divide-y divide-line overflow-hidden rounded-[5px] border border-line bg-sheet text-sm shadow-sheet"
    >
      {nodes.map((node) => (
        <Node key={node.id} node={node} />
      ))}
      {edges.length > 0 && (
        <Part title={text.versions.threads}>
          {edges.map((edge) => (
            <Edge key={`${edge.change} ${edge.source} ${edge.handle} ${edge.target}`} edge={edge} nodes={nodes} />
          ))}
        </Part>
      )}
      {settings.length > 0 && (
        <Part title={text.versions.settings}>
          {settings.map((field) => (
            <FieldLines key={field.path} field={field} />
          ))}
        </Part>
      )}
    </section>
  )
}

const MARKS = {
  added: { icon: Plus, look: 'text-thread' },
  removed: { icon: Minus, look: 'text-madder' },
  changed: { icon: PencilLine, look: 'text-marigold' },
} as const

function Mark({ change }: { change: keyof typeof MARKS }) {
  const { icon: Icon, look } = MARKS[change]
  return (
    <span role="img" aria-label={text.versions.changes[change]} className={`shrink-0 ${look}`}>
      <Icon size={15} aria-hidden />
    </span>
  )
}

const Part = ({ title, children }: { title: string; children: ReactNode }) => (
  <div className="space-y-1.5 px-4 py-3">
    <h3 className="text-base">{title}</h3>
    {children}
  </div>
)

function Node({ node }: { node: NodeChange }) {
  return (
    <div className="space-y-1.5 px-4 py-3">
      <h3 className="flex items-center gap-2 text-base wrap-anywhere">
        <Mark change={node.change} />
        {node.title || node.id}
        <Badge>{text.graph.types[node.type] ?? node.type}</Badge>
      </h3>
      {node.fields.map((field) => (
        <FieldLines key={field.path} field={field} />
      ))}
    </div>
  )
}

function Edge({ edge, nodes }: { edge: EdgeChange; nodes: readonly NodeChange[] }) {
  const title = (id: string) => nodes.find((node) => node.id === id)?.title || id
  return (
    <p className="flex items-center gap-2 wrap-anywhere">
      <Mark change={edge.change} />
      <span>
        {title(edge.source)} → {title(edge.target)}
        {edge.handle !== 'source' && <span className="text-faded"> {text.versions.by(edge.handle)}</span>}
      </span>
    </p>
  )
}

function FieldLines({ field }: { field: FieldChange }) {
  return (
    <div className="space-y-1">
      <p className="font-mono text-xs wrap-anywhere text-faded">{field.path}</p>
      {field.change !== 'added' && <Value look="bg-madder-wash" sign="−" value={field.before} />}
      {field.change !== 'removed' && <Value look="bg-thread-wash" sign="+" value={field.after} />}
    </div>
  )
}

function Value({ look, sign, value }: { look: string; sign: string; value: Json }) {
  const shown = typeof value === 'string' ? value : JSON.stringify(value, null, 1)
  return (
    <div className={`flex gap-2 rounded-tag px-2 py-1 font-mono text-xs leading-relaxed ${look}`}>
      <span aria-hidden>{sign}</span>
      <span className="max-h-60 min-w-0 flex-1 overflow-y-auto whitespace-pre-wrap wrap-anywhere">{shown}</span>
    </div>
  )
}
