import { Handle, type Node, type NodeProps, Position } from '@xyflow/react'
import { memo } from 'react'
import { markOf, NodeStatusMark } from '@/run/StatusMark'
import { useLive } from '@/run/store'
import type { NodeStatus } from '@/run/view'
import { classes } from '@/ui/classes'
import { DYE } from '@/ui/dyes'
import { text } from '@/ui/text'
import type { DrawnNode } from '../graph/view'
import { iconOf } from './icons'

export type FlowNode = Node<{ drawn: DrawnNode }>

type Shown = NodeStatus | 'idle'

const FRAMES: Record<Shown, string> = {
  idle: 'border-seam',
  running: 'border-marigold-fill tag-running',
  retrying: 'border-marigold-fill tag-running',
  paused: 'border-marigold-fill',
  succeeded: 'border-thread',
  failed: 'border-madder',
  skipped: 'border-dashed border-seam opacity-55',
  stopped: 'border-seam',
}

const GROUNDS: Partial<Record<Shown, string>> = {
  running: 'bg-marigold-wash',
  retrying: 'bg-marigold-wash',
  paused: 'bg-marigold-wash',
  failed: 'bg-madder-wash',
}

const ground = (status: Shown): string => GROUNDS[status] ?? 'bg-sheet'

/** A node as a woven tag: the selvage tells its family, the frame how its run stands. */
export const TagNode = memo(function TagNode({ id, data: { drawn }, selected }: NodeProps<FlowNode>) {
  const status = useLive(({ view }) => view.nodes[id]?.status ?? 'idle')
  return (
    <div
      className={classes(
        'flex min-h-full rounded-[4px] border-[1.5px] shadow-sheet transition-colors',
        FRAMES[status],
        ground(status),
        selected && 'outline-2 outline-offset-3 outline-thread',
      )}
    >
      <div aria-hidden className={classes('selvage w-2.5 shrink-0 rounded-l-[2px]', DYE[drawn.family])} />
      <div className="min-w-0 flex-1">
        <TagHead drawn={drawn} />
        {drawn.handles.length > 1 &&
          drawn.handles.map(([handle, label]) => <WayOut key={handle} handle={handle} label={label} />)}
      </div>
      <WayIn type={drawn.type} />
      {drawn.handles.length === 1 && (
        <Handle
          type="source"
          id={drawn.handles[0]?.[0]}
          position={Position.Right}
          style={{ top: 30 }}
          isConnectable={false}
        />
      )}
    </div>
  )
})

function TagHead({ drawn }: { drawn: DrawnNode }) {
  const mark = useLive(({ view }) => {
    const ran = view.nodes[drawn.id]
    return ran ? markOf(ran) : 'idle'
  })
  const Icon = iconOf(drawn.type)
  return (
    <div className="tag-head flex min-h-[59px] items-center gap-2.5 px-3">
      <Icon size={18} strokeWidth={1.8} aria-hidden className={classes('shrink-0 text-(--dye)', DYE[drawn.family])} />
      <div className="min-w-0 flex-1">
        <p className="tag-title line-clamp-2 text-[14px] leading-tight font-semibold wrap-break-word">{drawn.title}</p>
        <p className="tag-hint line-clamp-1 text-[11.5px] leading-tight wrap-anywhere text-faded">
          {text.graph.types[drawn.type] ?? drawn.type}
          {hintOf(drawn) && ` · ${hintOf(drawn)}`}
        </p>
      </div>
      <NodeStatusMark status={mark} />
    </div>
  )
}

const hintOf = ({ hint }: DrawnNode): string => (/^\d+$/.test(hint) ? text.graph.branches(hint) : hint)

function WayOut({ handle, label }: { handle: string; label: string }) {
  return (
    <div className="tag-way relative min-h-[26px] border-t border-line pr-4 pl-3 text-right text-xs leading-[25px] text-faded">
      <span className="tag-label line-clamp-1 wrap-anywhere">{label || handle}</span>
      <Handle type="source" id={handle} position={Position.Right} isConnectable={false} />
    </div>
  )
}

const BEGINNINGS: ReadonlySet<string> = new Set(['start', 'iteration-start', 'loop-start'])

function WayIn({ type }: { type: string }) {
  if (BEGINNINGS.has(type) || type.startsWith('trigger')) return null
  return <Handle type="target" id="target" position={Position.Left} style={{ top: 30 }} isConnectable={false} />
}

/** The beginning of a container's rounds. */
export const KnotNode = memo(function KnotNode({ id, data: { drawn }, selected }: NodeProps<FlowNode>) {
  const status = useLive(({ view }) => view.nodes[id]?.status ?? 'idle')
  const Icon = iconOf(drawn.type)
  return (
    <div
      title={text.graph.types[drawn.type]}
      className={classes(
        'grid h-full place-items-center rounded-full border-[1.5px]',
        FRAMES[status],
        ground(status),
        selected && 'outline-2 outline-offset-3 outline-thread',
      )}
    >
      <Icon size={20} strokeWidth={1.8} aria-hidden className="text-faded" />
      <Handle type="source" id={drawn.handles[0]?.[0] ?? 'source'} position={Position.Right} isConnectable={false} />
    </div>
  )
})

/** A container: a frame of cloth that holds the nodes of each round. */
export const ContainerNode = memo(function ContainerNode({ id, data: { drawn }, selected }: NodeProps<FlowNode>) {
  const status = useLive(({ view }) => view.nodes[id]?.status ?? 'idle')
  return (
    <div
      className={classes(
        'h-full rounded-[6px] border-2 border-dashed bg-well/45',
        FRAMES[status],
        selected && 'outline-2 outline-offset-3 outline-thread',
      )}
    >
      <div aria-hidden className={classes('selvage h-1.5 rounded-t-[3px]', DYE[drawn.family])} />
      <div className="max-w-80">
        <TagHead drawn={drawn} />
      </div>
      <Handle type="target" id="target" position={Position.Left} style={{ top: 38 }} isConnectable={false} />
      {drawn.handles.map(([handle], index) => (
        <Handle
          key={handle}
          type="source"
          id={handle}
          position={Position.Right}
          style={{ top: 38 + index * 26 }}
          isConnectable={false}
        />
      ))}
    </div>
  )
})
