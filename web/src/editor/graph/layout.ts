/** Places for nodes that have none, by dagre, from left to right; a container's children within it. Pure. */

import { Graph, layout } from '@dagrejs/dagre'
import type { DrawnEdge, DrawnNode } from './view'

const MARGIN = { x: 28, y: 64 }

/** Whether the file's positions are missing (all the same place) or lay one node over another. */
export function needsLayout(nodes: readonly DrawnNode[]): boolean {
  return groups(nodes).some((siblings) =>
    siblings.some((node, index) => siblings.slice(index + 1).some((other) => covers(node, other))),
  )
}

function groups(nodes: readonly DrawnNode[]): DrawnNode[][] {
  const parents = new Set(nodes.map((node) => node.parentId))
  return [...parents].map((parent) => nodes.filter((node) => node.parentId === parent))
}

/** A slight overlap is a drawer's choice; half a tag hidden is not. */
function covers(a: DrawnNode, b: DrawnNode): boolean {
  const across = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x)
  const down = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y)
  return across > Math.min(a.width, b.width) / 2 && down > Math.min(a.height, b.height) / 2
}

/** Lay out the innermost groups first, since a container is as large as what it holds. */
export function layOut(nodes: readonly DrawnNode[], edges: readonly DrawnEdge[]): DrawnNode[] {
  const placed = new Map(nodes.map((node) => [node.id, node]))
  const containers = nodes.filter((node) => node.container).map((node) => node.id)
  for (const parent of [...containers.reverse(), null]) {
    const siblings = [...placed.values()].filter((node) => node.parentId === parent)
    const { nodes: moved, width, height } = layOutGroup(siblings, edges, parent === null ? { x: 0, y: 0 } : MARGIN)
    for (const node of moved) placed.set(node.id, node)
    const container = parent === null ? undefined : placed.get(parent)
    if (container && moved.length) placed.set(container.id, { ...container, width, height })
  }
  return [...placed.values()]
}

function layOutGroup(siblings: readonly DrawnNode[], edges: readonly DrawnEdge[], margin: { x: number; y: number }) {
  const graph = new Graph({ multigraph: true })
  graph.setGraph({ rankdir: 'LR', nodesep: 36, ranksep: 84 })
  graph.setDefaultEdgeLabel(() => ({}))
  for (const node of siblings) graph.setNode(node.id, { width: node.width, height: node.height })
  for (const { id, source, target } of edges) {
    if (graph.hasNode(source) && graph.hasNode(target)) graph.setEdge(source, target, {}, id)
  }
  layout(graph)
  const nodes = siblings.map((node) => {
    const { x, y } = graph.node(node.id)
    return { ...node, x: x - node.width / 2 + margin.x, y: y - node.height / 2 + margin.y }
  })
  return {
    nodes,
    width: Math.max(0, ...nodes.map((node) => node.x + node.width)) + margin.x,
    height: Math.max(0, ...nodes.map((node) => node.y + node.height)) + margin.x,
  }
}
