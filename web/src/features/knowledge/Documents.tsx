import { useMutation } from '@tanstack/react-query'
import { type DocumentState, type KnowledgeDocument, knowledge, refreshKnowledge, useDocuments } from '@/api/knowledge'
import { Badge, type Tone } from '@/ui/Badge'
import { Button } from '@/ui/Button'
import { ConfirmButton } from '@/ui/ConfirmButton'
import { bytes } from '@/ui/format'
import { Listing } from '@/ui/Listing'
import { Section } from '@/ui/Section'
import { Trouble } from '@/ui/Trouble'
import { text } from '@/ui/text'

interface Props {
  baseId: string
  edits: boolean
}

export function Documents({ baseId, edits }: Props) {
  return (
    <Section title={text.knowledge.documents}>
      <Listing
        label={text.knowledge.documents}
        pages={useDocuments(baseId)}
        empty={text.knowledge.noDocuments}
        row={(document) => <DocumentRow baseId={baseId} document={document} edits={edits} />}
      />
    </Section>
  )
}

const TONES: Partial<Record<DocumentState, Tone>> = { indexed: 'thread', failed: 'madder', paused: 'neutral' }

/** What can be done with a document that stands here. */
const VERBS: Partial<Record<DocumentState, 'retry' | 'pause' | 'resume'>> = {
  waiting: 'pause',
  parsing: 'pause',
  splitting: 'pause',
  embedding: 'pause',
  paused: 'resume',
  failed: 'retry',
}

function DocumentRow({ baseId, document, edits }: { baseId: string; document: KnowledgeDocument; edits: boolean }) {
  const verb = VERBS[document.state]
  const steer = useMutation({
    mutationFn: (wanted: 'retry' | 'pause' | 'resume') => knowledge.steer(baseId, document.id, wanted),
    onSettled: refreshKnowledge,
  })
  const remove = useMutation({
    mutationFn: () => knowledge.removeDocument(baseId, document.id),
    onSettled: refreshKnowledge,
  })
  const error = steer.error ?? remove.error
  return (
    <div className="space-y-2 px-4 py-3 text-sm">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
        <div className="min-w-0 flex-1 basis-48">
          <p className="font-medium wrap-anywhere">{document.name}</p>
          <p className="text-xs text-faded">
            {bytes(document.size)} · {text.knowledge.chunksDone(document.done, document.chunks)}
          </p>
        </div>
        <Badge tone={TONES[document.state] ?? 'marigold'}>{text.knowledge.states[document.state]}</Badge>
        {edits && verb && (
          <Button
            size="small"
            aria-label={`${text.knowledge[verb]} ${document.name}`}
            disabled={steer.isPending}
            onClick={() => steer.mutate(verb)}
          >
            {text.knowledge[verb]}
          </Button>
        )}
        {edits && (
          <ConfirmButton
            sure={text.knowledge.removeSure}
            label={document.name}
            disabled={remove.isPending}
            onConfirm={() => remove.mutate()}
          >
            {text.knowledge.removeDocument}
          </ConfirmButton>
        )}
      </div>
      {document.problem && <p className="wrap-anywhere text-madder">{document.problem}</p>}
      {error && <Trouble error={error} />}
    </div>
  )
}
