import { useState } from 'react'
import { useParams } from 'react-router'
import { type KnowledgeBase, underWay, useIndexing, useKnowledgeBase } from '@/api/knowledge'
import { may } from '@/api/may'
import { useSession } from '@/api/queries'
import { PageHead } from '@/features/workspace/PageHead'
import { Button } from '@/ui/Button'
import { Loading } from '@/ui/Loading'
import { Progress } from '@/ui/Progress'
import { Trouble } from '@/ui/Trouble'
import { text } from '@/ui/text'
import { AddFiles } from './AddFiles'
import { Documents } from './Documents'
import { RemoveBase } from './RemoveBase'
import { TryQuestion } from './TryQuestion'

/** One knowledge base: files in, where each stands, and what is found in them. */
export default function KnowledgeBasePage() {
  const { id = '' } = useParams()
  const base = useKnowledgeBase(id)
  return (
    <div className="mx-auto w-full max-w-5xl space-y-7 px-4 py-7 sm:px-6">
      {base.isPending && <Loading />}
      {base.error && <Trouble error={base.error} onRetry={() => base.refetch()} />}
      {base.data && <Opened key={id} base={base.data} />}
    </div>
  )
}

function Opened({ base }: { base: KnowledgeBase }) {
  const { data: session } = useSession()
  const [removing, setRemoving] = useState(false)
  const edits = may(session, 'knowledge.edit', base.id)
  const indexing = useIndexing(base.id)
  const busy = indexing.data ? underWay(indexing.data) : 0
  return (
    <>
      <PageHead title={base.name} lead={base.description || `${base.embedding_model} · ${base.store}`}>
        {may(session, 'knowledge.delete', base.id) && (
          <Button onClick={() => setRemoving(true)}>{text.knowledge.remove}</Button>
        )}
      </PageHead>
      {edits && <AddFiles baseId={base.id} />}
      {indexing.data && busy > 0 && (
        <div className="space-y-1.5" role="status">
          <p className="text-sm">{text.knowledge.indexing(busy, indexing.data.done, indexing.data.chunks)}</p>
          <Progress
            label={text.knowledge.progress}
            value={indexing.data.chunks ? indexing.data.done / indexing.data.chunks : null}
          />
        </div>
      )}
      <Documents baseId={base.id} edits={edits} />
      {may(session, 'knowledge.search', base.id) && <TryQuestion baseId={base.id} />}
      <RemoveBase base={base} open={removing} onClose={() => setRemoving(false)} />
    </>
  )
}
