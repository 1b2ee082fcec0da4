/** The graph as it is drawn: notes and dangling edges gone, every node with a size and a place. Pure. */

import type { Graph, GraphNode } from '@/api/types'
import { type Family, familyOf, isContainer, isKnot, isNote } from './families'
import { layOut, needsLayout } from './layout'
import { type Summary, summaryOf, type TitleOf } from './summary'

export interface DrawnNode {
  id: string
  type: string
  title: string
  family: Family
  container: boolean
  parentId: string | null
  x: number
  y: number
  width: number
  height: number
  handles: [string, string][]
  /** One line under the title: the model, the question, the number of branches. */
  hint: string
  summary: Summary
}

export interface DrawnEdge {
  id: string
  source: string
  target: string
  handle: string
}

export interface GraphView {
  nodes: DrawnNode[]
  edges: DrawnEdge[]
  /** Whether the file's own positions were of no use. */
  laidOut: boolean
}

export const TAG_WIDTH = 236
const KNOT_SIZE = 46
const HEAD_HEIGHT = 62
const HANDLE_ROW = 26
const CONTAINER_PADDING = 28
const CONTAINER_HEAD = 56

export function viewOf(graph: Graph): GraphView {
  const shown = graph.nodes.filter((node) => !isNote(node.type))
  const ids = new Set(shown.map((node) => node.id))
  const edges = uniqueEdges(graph.edges.filter((edge) => ids.has(edge.source) && ids.has(edge.target)))
  const sources = new Set(edges.map((edge) => edge.source))
  const titles = new Map(shown.map(({ id, title }) => [id, title]))
  const titleOf: TitleOf = (id) => titles.get(id) || id
  const placed = fitContainers(parentsFirst(shown.map((node) => drawn(node, ids, sources, titleOf))))
  const laidOut = needsLayout(placed)
  return { nodes: laidOut ? fitContainers(layOut(placed, edges)) : placed, edges, laidOut }
}

function drawn(node: GraphNode, ids: ReadonlySet<string>, sources: ReadonlySet<string>, titleOf: TitleOf): DrawnNode {
  const handles = drawnHandles(node, sources.has(node.id))
  const container = isContainer(node.type)
  const summary = summaryOf(node, titleOf)
  return {
    id: node.id,
    type: node.type,
    title: node.title || node.type,
    family: familyOf(node.type),
    container,
    parentId: node.parent_id && ids.has(node.parent_id) && node.parent_id !== node.id ? node.parent_id : null,
    x: Number.isFinite(node.x) ? node.x : 0,
    y: Number.isFinite(node.y) ? node.y : 0,
    ...sizeOf(node, handles),
    handles,
    hint: summary.hint,
    summary,
  }
}

function sizeOf({ type, width, height }: GraphNode, handles: readonly unknown[]): { width: number; height: number } {
  if (isKnot(type)) return { width: KNOT_SIZE, height: KNOT_SIZE }
  if (isContainer(type)) return { width: Math.max(width ?? 0, 320), height: Math.max(height ?? 0, 180) }
  return { width: TAG_WIDTH, height: heightOf(handles) }
}

const ENDS: ReadonlySet<string> = new Set(['end', 'loop-end'])

/** Ways out that are branches are always shown; a single one only where a thread leaves by it. */
const drawnHandles = ({ type, handles }: GraphNode, leads: boolean): [string, string][] => {
  if (ENDS.has(type)) return []
  if (handles.length > 1) return handles
  return leads ? [handles[0] ?? ['source', '']] : []
}

/** A node with one way out is only its head; each of several ways out has a row. */
export const heightOf = (handles: readonly unknown[]): number =>
  handles.length > 1 ? HEAD_HEIGHT + handles.length * HANDLE_ROW + 6 : HEAD_HEIGHT

function uniqueEdges(edges: readonly DrawnEdge[]): DrawnEdge[] {
  const seen = new Map<string, DrawnEdge>()
  for (const { source, target, handle } of edges) {
    const id = `${source}·${handle}·${target}`
    if (!seen.has(id)) seen.set(id, { id, source, target, handle })
  }
  return [...seen.values()]
}

/** A container must come before what is in it. A circle of parents is cut where it is found. */
function parentsFirst(nodes: readonly DrawnNode[]): DrawnNode[] {
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const depth = (node: DrawnNode): number => {
    let count = 0
    for (let up = node.parentId; up && count <= nodes.length; up = byId.get(up)?.parentId ?? null) count += 1
    return count
  }
  return nodes
    .map((node) => ({ node, depth: depth(node) }))
    .map(({ node, depth: d }) => ({ node: d > nodes.length ? { ...node, parentId: null } : node, depth: d }))
    .sort((a, b) => a.depth - b.depth)
    .map(({ node }) => node)
}

/** Grow containers, the innermost first, until they hold their children. */
function fitContainers(nodes: readonly DrawnNode[]): DrawnNode[] {
  const fitted = new Map(nodes.map((node) => [node.id, node]))
  for (const { id, container } of [...nodes].reverse()) {
    const node = fitted.get(id)
    const children = [...fitted.values()].filter((child) => child.parentId === id)
    if (container && node && children.length) fitted.set(id, holding(node, children))
  }
  return [...fitted.values()]
}

const holding = (node: DrawnNode, children: readonly DrawnNode[]): DrawnNode => ({
  ...node,
  width: Math.max(node.width, ...children.map((child) => child.x + child.width + CONTAINER_PADDING)),
  height: Math.max(node.height, ...children.map((child) => child.y + child.height + CONTAINER_PADDING), CONTAINER_HEAD),
})
