import type { Problem } from '@/api/types'
import { Badge } from '@/ui/Badge'
import { text } from '@/ui/text'

export function ProblemList({ problems }: { problems: readonly Problem[] }) {
  return (
    <ul className="divide-y divide-line">
      {problems.map((problem, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: problems have no id of their own and their order is fixed
        <li key={index} className="space-y-0.5 py-2 text-sm">
          <div className="flex flex-wrap items-center gap-x-2 gap-y-1">
            <Badge tone={problem.level === 'error' ? 'madder' : 'marigold'}>{problem.code}</Badge>
            <span className="text-xs text-faded">{placeOf(problem)}</span>
          </div>
          <p className="wrap-anywhere">{problem.message}</p>
        </li>
      ))}
    </ul>
  )
}

const placeOf = ({ place, node_id }: Problem): string =>
  [place && text.importing.place(place), node_id && text.importing.node(node_id)].filter(Boolean).join(' · ')
