import type { GraphNode, Problem } from '@/api/types'
import { Badge } from '@/ui/Badge'
import { text } from '@/ui/text'
import { kindOf, type Stuck, titleOf } from './problems'

interface Props {
  problems: readonly Problem[]
  /** Of the app, where there is one, so that its steps are called by their titles. */
  nodes?: readonly Pick<GraphNode, 'id' | 'type' | 'title'>[]
}

export function ProblemList({ problems, nodes = [] }: Props) {
  return (
    <ul className="divide-y divide-line">
      {problems.map((problem, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: problems have no id of their own and their order is fixed
        <li key={index} className="space-y-0.5 py-2 text-sm">
          <div className="flex flex-wrap items-center gap-x-2 gap-y-1">
            <Badge tone={problem.level === 'error' ? 'madder' : 'marigold'}>{kindOf(problem)}</Badge>
            <span className="text-xs text-faded">{placeOf(problem, nodes)}</span>
          </div>
          <p className="wrap-anywhere">{problem.message}</p>
        </li>
      ))}
    </ul>
  )
}

function placeOf(problem: Problem, nodes: Props['nodes'] = []): string {
  const step = titleOf(problem, nodes)
  // The place of a step is a path through the file, which says no more than its title.
  return step ? text.importing.node(step) : problem.place ? text.importing.place(problem.place) : ''
}

/** Steps that cannot run, and each reason once. */
export function StuckList({ stuck }: { stuck: readonly Stuck[] }) {
  return (
    <ul className="space-y-1.5">
      {stuck.map(({ reason, steps }) => (
        <li key={reason} className="text-sm">
          <p className="font-medium wrap-anywhere">{steps.join(', ')}</p>
          <p className="text-faded wrap-anywhere">{reason}</p>
        </li>
      ))}
    </ul>
  )
}
