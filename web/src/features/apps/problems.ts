/** What is told of an app's problems, in words of people: which steps cannot run and why, each reason once. Pure. */

import type { Graph, GraphNode, Problem } from '@/api/types'
import { CANNOT, reasonOf } from '@/run/reasons'
import { text } from '@/ui/text'

type Titled = Pick<GraphNode, 'id' | 'type' | 'title'>

/** Steps that cannot run for one reason, by their titles. */
export interface Stuck {
  reason: string
  steps: string[]
}

/** Whether this keeps a step from running; what keeps the whole app from it is of no step. */
const keepsStep = ({ code, node_id }: Problem): boolean => CANNOT.has(code) && node_id !== null

export function stuckSteps(problems: readonly Problem[], nodes: readonly Titled[]): Stuck[] {
  const reasons = new Map<string, Set<string>>()
  for (const problem of problems.filter(keepsStep)) {
    const node = nodes.find(({ id }) => id === problem.node_id)
    const reason = reasonOf(problem.message, node?.type)
    reasons.set(reason, (reasons.get(reason) ?? new Set()).add(titleOf(problem, nodes)))
  }
  return [...reasons].map(([reason, steps]) => ({ reason, steps: [...steps] }))
}

/** How many steps cannot run. */
export const stuckCount = (problems: readonly Problem[]): number =>
  new Set(problems.filter(keepsStep).map(({ node_id }) => node_id)).size

type Drawn = { nodes: readonly Pick<GraphNode, 'id' | 'type' | 'config'>[]; edges: Graph['edges'] }

/** Whether every run comes to a step that cannot run, and ends there. */
export function alwaysFails({ problems, nodes, edges }: Drawn & { problems: readonly Problem[] }): boolean {
  const certain = certainSteps({ nodes, edges })
  return nodes.some(
    ({ id, config }) =>
      certain.has(id) && !config.error_strategy && problems.some((each) => keepsStep(each) && each.node_id === id),
  )
}

/** Steps that every run comes to: behind no fork, and in no container, which may have no round. */
function certainSteps({ nodes, edges }: Drawn): Set<string> {
  const certain = new Set<string>()
  const next = nodes.filter(({ type }) => type === 'start' || type.startsWith('trigger')).map(({ id }) => id)
  for (let id = next.pop(); id !== undefined; id = next.pop()) {
    if (certain.has(id)) continue
    certain.add(id)
    const leaving = edges.filter(({ source }) => source === id)
    if (new Set(leaving.map(({ handle }) => handle)).size === 1) next.push(...leaving.map(({ target }) => target))
  }
  return certain
}

/** What else is worth knowing: neither of steps that cannot run, nor that none of the app can. */
export const remarks = (problems: readonly Problem[]): Problem[] =>
  problems.filter((problem) => !CANNOT.has(problem.code))

/** The step that a problem is about as it stands in the graph, or its id where it is not drawn; empty for none. */
export const titleOf = ({ node_id }: Problem, nodes: readonly Titled[]): string =>
  nodes.find(({ id }) => id === node_id)?.title || (node_id ?? '')

/** What kind of problem it is. */
export const kindOf = ({ code }: Problem): string =>
  text.problems.codes[code] ?? code.charAt(0).toUpperCase() + code.slice(1).replaceAll('_', ' ')
