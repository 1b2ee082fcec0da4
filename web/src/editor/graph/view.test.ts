import { expect, test } from 'vitest'
import type { GraphNode } from '@/api/types'
import { needsLayout } from './layout'
import { viewOf } from './view'

const node = (id: string, more: Partial<GraphNode> = {}): GraphNode => ({
  id,
  type: 'llm',
  title: id,
  description: '',
  x: 0,
  y: 0,
  width: null,
  height: null,
  parent_id: null,
  handles: [['source', '']],
  config: {},
  ...more,
})
const edge = (source: string, target: string, handle = 'source') => ({
  id: `${source}-${target}`,
  source,
  target,
  handle,
})

test("a file's own positions are kept", () => {
  const { nodes, laidOut } = viewOf({ nodes: [node('a', { x: 40, y: 10 }), node('b', { x: 400, y: 90 })], edges: [] })
  expect(laidOut).toBe(false)
  expect(nodes.map(({ x, y }) => [x, y])).toEqual([
    [40, 10],
    [400, 90],
  ])
})

test('nodes that lie on one another are laid out along their threads', () => {
  const { nodes, laidOut } = viewOf({
    nodes: [node('c'), node('b'), node('a')],
    edges: [edge('a', 'b'), edge('b', 'c')],
  })
  const x = Object.fromEntries(nodes.map((drawn) => [drawn.id, drawn.x]))
  expect(laidOut).toBe(true)
  expect(x.a).toBeLessThan(x.b as number)
  expect(x.b).toBeLessThan(x.c as number)
  expect(needsLayout(nodes)).toBe(false)
})

test('notes and threads that lead nowhere are left out, and a thread is drawn once', () => {
  const graph = {
    nodes: [node('a'), node('n', { type: '', x: 900 }), node('b', { x: 500 })],
    edges: [edge('a', 'gone'), edge('a', 'n'), edge('a', 'b'), edge('a', 'b')],
  }
  const view = viewOf(graph)
  expect(view.nodes.map(({ id }) => id)).toEqual(['a', 'b'])
  expect(view.edges.map(({ target }) => target)).toEqual(['b'])
})

test('a single way out is drawn only where a thread leaves by it, and branches always', () => {
  const branches: [string, string][] = [
    ['true', 'If'],
    ['false', 'Else'],
  ]
  const choice = node('choice', { type: 'if-else', x: 300, handles: branches })
  const answers = ['yes', 'no'].map((id, index) => node(id, { type: 'answer', x: 600, y: index * 200 }))
  const edges = [edge('a', 'choice'), edge('choice', 'yes', 'true')]
  const drawn = viewOf({ nodes: [node('a'), choice, ...answers], edges }).nodes
  expect(drawn.map(({ id, handles }) => [id, handles.length])).toEqual([
    ['a', 1],
    ['choice', 2],
    ['yes', 0],
    ['no', 0],
  ])
})

test('a container stands before its children and is large enough for them', () => {
  const child = node('child', { parent_id: 'box', x: 700, y: 300 })
  const { nodes } = viewOf({ nodes: [child, node('box', { type: 'iteration', width: 100, height: 50 })], edges: [] })
  const [box, inner] = nodes
  expect([box?.id, inner?.id]).toEqual(['box', 'child'])
  expect(box?.width).toBeGreaterThan(700 + (inner?.width ?? 0))
  expect(box?.height).toBeGreaterThan(300 + (inner?.height ?? 0))
})

test('children that are laid out stay within their container', () => {
  const nodes = [
    node('box', { type: 'loop' }),
    node('in', { parent_id: 'box', type: 'loop-start' }),
    node('one', { parent_id: 'box' }),
    node('two', { parent_id: 'box' }),
  ]
  const view = viewOf({ nodes, edges: [edge('in', 'one'), edge('one', 'two')] })
  const box = view.nodes.find(({ id }) => id === 'box')
  for (const child of view.nodes.filter(({ parentId }) => parentId === 'box')) {
    expect(child.x).toBeGreaterThanOrEqual(0)
    expect(child.y).toBeGreaterThanOrEqual(0)
    expect(child.x + child.width).toBeLessThanOrEqual(box?.width ?? 0)
    expect(child.y + child.height).toBeLessThanOrEqual(box?.height ?? 0)
  }
})

test('containers that hold each other in a circle are drawn side by side', () => {
  const nodes = [
    node('a', { type: 'loop', parent_id: 'b' }),
    node('b', { type: 'loop', parent_id: 'a', x: 900 }),
    node('c', { parent_id: 'c' }),
  ]
  const view = viewOf({ nodes, edges: [] })
  expect(view.nodes).toHaveLength(3)
  expect(view.nodes.every(({ parentId }) => parentId === null)).toBe(true)
})

test('what a node is set to do is summed up without trusting its config', () => {
  const odd = node('odd', {
    config: { model: 'x', prompt_template: [1, { role: 'user', text: 5 }], classes: 'none', variables: [[1, 'a']] },
  })
  const [drawn] = viewOf({ nodes: [odd], edges: [] }).nodes
  expect(drawn?.summary.rows.map(({ term }) => term)).toEqual(['prompt', 'variables'])
})
