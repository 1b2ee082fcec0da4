/** Which threads a run has pulled: told from the nodes at both ends, since a run has no events for edges. */

import type { JsonObject } from '@/api/types'
import type { NodeView, RunView } from './view'
import { isBusy } from './view'

export type EdgeState = 'idle' | 'active' | 'taken' | 'untaken'

interface Thread {
  source: string
  target: string
  handle: string
}

export function edgeState({ source, target, handle }: Thread, nodes: RunView['nodes']): EdgeState {
  const from = nodes[source]
  const to = nodes[target]
  if (!from || isBusy(from.status)) return 'idle'
  if (from.status === 'skipped' || from.status === 'stopped' || !leaves(from, handle)) return 'untaken'
  if (!to) return 'idle'
  if (to.status === 'skipped') return 'untaken'
  return isBusy(to.status) ? 'active' : 'taken'
}

/** Whether a node that has ended went on through this handle, as far as its outputs tell. */
function leaves(node: NodeView, handle: string): boolean {
  if (node.status === 'failed') return node.handled === 'fail-branch' ? handle === 'fail-branch' : node.handled !== null
  if (handle === 'fail-branch') return false
  const chosen = chosenHandle(node.type, node.outputs ?? {})
  return chosen === null || chosen === handle
}

function chosenHandle(type: string, outputs: JsonObject): string | null {
  if (type === 'if-else') return text(outputs.selected_case_id) ?? (outputs.result === false ? 'false' : null)
  if (type === 'question-classifier') return text(outputs.class_id)
  return null
}

const text = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null)
