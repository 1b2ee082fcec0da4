import {
  MiniMap,
  type OnSelectionChangeFunc,
  Panel,
  ReactFlow,
  type ReactFlowInstance,
  ReactFlowProvider,
  useReactFlow,
  useStore,
  useStoreApi,
} from '@xyflow/react'
import { Maximize, Minus, Plus } from 'lucide-react'
import { type CSSProperties, useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { Button, IconButton } from '@/ui/Button'
import { classes } from '@/ui/classes'
import { EmptyState } from '@/ui/EmptyState'
import { text } from '@/ui/text'
import { type Family, isKnot } from '../graph/families'
import type { DrawnNode, GraphView } from '../graph/view'
import { ContainerNode, type FlowNode, KnotNode, TagNode } from './TagNode'
import { type FlowEdge, ThreadEdge } from './ThreadEdge'
import { beginAtTheStart, FIT, useFollowedRun, useWholeInSight } from './viewport'
import { Warp } from './Warp'

interface Props {
  view: GraphView
  selected: string | null
  onSelect: (id: string | null) => void
}

const NODE_TYPES = { tag: TagNode, container: ContainerNode, knot: KnotNode }
const EDGE_TYPES = { thread: ThreadEdge }
/** Below this zoom the small print of a tag cannot be read. */
const FAR = 0.85
/** Below this one the sign of its type leaves its room to the title. */
const FARTHEST = 0.6

/** The graph to look at: it can be moved, zoomed and clicked, and shows the run that the RunProvider holds. */
export function Canvas({ view, selected, onSelect }: Props) {
  const [first] = useState(selected)
  const nodes = useMemo(() => flowNodes(view, first), [view, first])
  const edges = useMemo(() => flowEdges(view), [view])
  if (!view.nodes.length) return <EmptyState title={text.graph.empty} />
  return (
    // The nodes are there from the beginning: a graph that is first empty would report that nothing is selected.
    <ReactFlowProvider initialNodes={nodes} initialEdges={edges}>
      <Flow view={view} nodes={nodes} edges={edges} selected={selected} onSelect={onSelect} />
    </ReactFlowProvider>
  )
}

function Flow({ view, nodes, edges, selected, onSelect }: Props & { nodes: FlowNode[]; edges: FlowEdge[] }) {
  useShownSelection(selected)
  const [movedByHand, setMovedByHand] = useState(false)
  useFollowedRun(!movedByHand)
  const store = useStoreApi()
  const begin = useCallback(
    (flow: ReactFlowInstance<FlowNode, FlowEdge>) => beginAtTheStart(flow, view.nodes, store.getState()),
    [store, view.nodes],
  )
  const zoom = useStore((state) => roughly(state.transform[2]))
  const whole = useWholeInSight(view.nodes)
  const changed = useSelectionReport(selected, onSelect)
  return (
    <ReactFlow<FlowNode, FlowEdge>
      aria-label={text.graph.label}
      className={classes('isolate', zoom < FAR && 'far', zoom < FARTHEST && 'farthest')}
      style={zoomVariable(zoom)}
      defaultNodes={nodes}
      defaultEdges={edges}
      nodeTypes={NODE_TYPES}
      edgeTypes={EDGE_TYPES}
      onSelectionChange={changed}
      nodesDraggable={false}
      nodesConnectable={false}
      edgesFocusable={false}
      multiSelectionKeyCode={null}
      selectionKeyCode={null}
      deleteKeyCode={null}
      minZoom={0.1}
      maxZoom={2}
      onInit={begin}
      onMoveStart={(moved) => moved && setMovedByHand(true)}
    >
      <Warp />
      <ViewControls whole={whole} />
      {view.laidOut && (
        <Panel position="top-left" className="!m-3 rounded-tag bg-sheet/85 px-2 py-1 text-xs text-faded">
          {text.graph.laidOut}
        </Panel>
      )}
      {!whole && (
        <MiniMap<FlowNode>
          nodeColor={dyeOf}
          nodeStrokeWidth={0}
          pannable
          zoomable
          className="rounded-tag border border-line max-sm:hidden"
        />
      )}
    </ReactFlow>
  )
}

/** In steps, so that the page is not styled anew for every hair's breadth. */
const roughly = (zoom: number): number => Math.max(0.4, Math.round(zoom * 20) / 20)

const zoomVariable = (zoom: number) => ({ '--zoom': zoom }) as CSSProperties

const flowNodes = ({ nodes }: GraphView, selected: string | null): FlowNode[] =>
  nodes.map((drawn) => ({
    id: drawn.id,
    type: shapeOf(drawn),
    position: { x: drawn.x, y: drawn.y },
    width: drawn.width,
    height: drawn.height,
    selected: drawn.id === selected,
    ...(drawn.parentId && { parentId: drawn.parentId }),
    data: { drawn },
    ariaLabel: `${drawn.title}, ${text.graph.types[drawn.type] ?? drawn.type}`,
  }))

const shapeOf = ({ type, container }: DrawnNode): keyof typeof NODE_TYPES =>
  container ? 'container' : isKnot(type) ? 'knot' : 'tag'

const flowEdges = ({ edges }: GraphView): FlowEdge[] =>
  edges.map(({ id, source, target, handle }) => ({
    id,
    type: 'thread',
    source,
    target,
    sourceHandle: handle,
    targetHandle: 'target',
    selectable: false,
    data: { handle },
  }))

const DYES: Record<Family, string> = {
  model: 'var(--thread)',
  logic: 'var(--indigo)',
  text: 'var(--ochre)',
  flow: 'var(--bark)',
  outside: 'var(--plum)',
}

const dyeOf = (node: FlowNode): string => (node.data.drawn.container ? 'var(--well)' : DYES[node.data.drawn.family])

/** Select in the graph what was chosen elsewhere on the page. */
function useShownSelection(selected: string | null): void {
  const flow = useReactFlow()
  useEffect(() => {
    flow.setNodes((nodes) => {
      const changed = nodes.some((node) => Boolean(node.selected) !== (node.id === selected))
      return changed ? nodes.map((node) => ({ ...node, selected: node.id === selected })) : nodes
    })
  }, [flow, selected])
}

/** Tell of what is selected in the graph where the page does not know it yet; a graph that is drawn anew is no news. */
function useSelectionReport(selected: string | null, onSelect: Props['onSelect']): OnSelectionChangeFunc {
  const known = useRef(selected)
  useEffect(() => {
    known.current = selected
  }, [selected])
  return useCallback(
    ({ nodes: [chosen] }) => {
      const id = chosen?.id ?? null
      if (id !== known.current) onSelect(id)
    },
    [onSelect],
  )
}

/** To look nearer and farther; and, while a part of the graph is out of sight, a way to see all of it. */
function ViewControls({ whole }: { whole: boolean }) {
  const flow = useReactFlow()
  const fit = () => flow.fitView({ ...FIT, duration: 250 })
  return (
    <Panel position="bottom-left" className="!m-3 flex items-stretch gap-2">
      <div className="flex overflow-hidden rounded-[5px] border border-line bg-sheet shadow-sheet">
        <IconButton label={text.graph.zoomOut} className="rounded-none" onClick={() => flow.zoomOut({ duration: 150 })}>
          <Minus size={16} />
        </IconButton>
        <IconButton label={text.graph.zoomIn} className="rounded-none" onClick={() => flow.zoomIn({ duration: 150 })}>
          <Plus size={16} />
        </IconButton>
        <IconButton label={text.graph.fit} className="rounded-none" onClick={fit}>
          <Maximize size={15} />
        </IconButton>
      </div>
      {!whole && (
        <Button size="small" onClick={fit}>
          {text.graph.whole}
        </Button>
      )}
    </Panel>
  )
}
