import { useMutation } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { Link, useNavigate } from 'react-router'
import { type KnowledgeBase, knowledge, refreshKnowledge, useKnowledgeBases } from '@/api/knowledge'
import { may } from '@/api/may'
import { useSession } from '@/api/queries'
import { PageHead } from '@/features/workspace/PageHead'
import { Button } from '@/ui/Button'
import { Listing } from '@/ui/Listing'
import { Sheet } from '@/ui/Section'
import { TextField } from '@/ui/TextField'
import { Trouble } from '@/ui/Trouble'
import { text } from '@/ui/text'

/** The knowledge bases of the workspace, and a way to make one. */
export default function KnowledgePage() {
  const { data: session } = useSession()
  const bases = useKnowledgeBases()
  return (
    <div className="mx-auto w-full max-w-5xl space-y-7 px-4 py-7 sm:px-6">
      <PageHead title={text.knowledge.title} lead={text.knowledge.lead} />
      {may(session, 'knowledge.edit') && <NewBase />}
      <Listing
        label={text.knowledge.title}
        pages={bases}
        empty={text.knowledge.none}
        row={(base) => <BaseRow base={base} />}
      />
    </div>
  )
}

function NewBase() {
  const [name, setName] = useState('')
  const navigate = useNavigate()
  const create = useMutation({
    mutationFn: () => knowledge.create(name.trim()),
    onSuccess: (base) => {
      void refreshKnowledge()
      navigate(`/knowledge/${base.id}`)
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (name.trim()) create.mutate()
  }
  return (
    <Sheet>
      <form onSubmit={submit} className="flex flex-wrap items-end gap-3">
        <div className="min-w-0 flex-1 basis-60">
          <TextField label={text.knowledge.name} value={name} onChange={setName} maxLength={200} required />
        </div>
        <Button type="submit" look="primary" disabled={create.isPending || !name.trim()}>
          {text.knowledge.create}
        </Button>
      </form>
      {create.error && (
        <div className="mt-3">
          <Trouble error={create.error} />
        </div>
      )}
    </Sheet>
  )
}

function BaseRow({ base }: { base: KnowledgeBase }) {
  return (
    <Link to={`/knowledge/${base.id}`} className="block px-4 py-3 hover:bg-well">
      <p className="font-medium wrap-anywhere">{base.name}</p>
      <p className="text-xs wrap-anywhere text-faded">
        {text.knowledge.facts(base.documents, base.chunks)} · {base.embedding_model} · {base.store}
      </p>
    </Link>
  )
}
