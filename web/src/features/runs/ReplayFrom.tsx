import { StepForward } from 'lucide-react'
import { useState } from 'react'
import type { DrawnNode } from '@/editor/graph/view'
import { useLive } from '@/run/store'
import { isLive } from '@/run/view'
import { Button } from '@/ui/Button'
import { text } from '@/ui/text'
import { ReplayDialog } from './ReplayDialog'

/** Begin a run that repeats the one on the screen from this node on, once that has ended. */
export function ReplayFrom({ node }: { node: Pick<DrawnNode, 'id' | 'title' | 'parentId'> }) {
  const run = useLive((live) => live.run)
  const over = useLive(({ view }) => !isLive(view.status) && view.status !== 'idle')
  const outputs = useLive(({ view }) => view.nodes[node.id]?.outputs ?? null)
  const [open, setOpen] = useState(false)
  if (!run || !over || node.parentId !== null) return null
  return (
    <>
      <Button size="small" icon={<StepForward size={14} aria-hidden />} onClick={() => setOpen(true)}>
        {text.replay.fromHere}
      </Button>
      {open && (
        <ReplayDialog run={run} from={{ nodeId: node.id, title: node.title, outputs }} onClose={() => setOpen(false)} />
      )}
    </>
  )
}
