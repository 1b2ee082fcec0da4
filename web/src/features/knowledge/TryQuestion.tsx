import { useMutation } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { knowledge, type Passage } from '@/api/knowledge'
import { Badge } from '@/ui/Badge'
import { Button } from '@/ui/Button'
import { Notice } from '@/ui/Notice'
import { Section, Sheet } from '@/ui/Section'
import { TextField } from '@/ui/TextField'
import { Trouble } from '@/ui/Trouble'
import { text } from '@/ui/text'
import { marked } from './marking'

/** Ask a question and see the passages that an app would be given. */
export function TryQuestion({ baseId }: { baseId: string }) {
  const [question, setQuestion] = useState('')
  const search = useMutation({ mutationFn: (asked: string) => knowledge.search(baseId, asked) })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (question.trim()) search.mutate(question.trim())
  }
  return (
    <Section title={text.knowledge.try} lead={text.knowledge.tryHelp}>
      <Sheet>
        <form onSubmit={submit} className="flex flex-wrap items-end gap-3">
          <div className="min-w-0 flex-1 basis-60">
            <TextField
              label={text.knowledge.question}
              value={question}
              onChange={setQuestion}
              maxLength={4000}
              required
            />
          </div>
          <Button type="submit" disabled={search.isPending || !question.trim()}>
            {text.knowledge.find}
          </Button>
        </form>
      </Sheet>
      {search.error && <Trouble error={search.error} />}
      {search.data?.notices.map((notice) => (
        <Notice key={notice} kind="warning" title={notice} />
      ))}
      {search.data?.data.length === 0 && <p className="text-sm text-faded">{text.knowledge.nothingFound}</p>}
      {search.data && search.data.data.length > 0 && (
        <ol aria-label={text.knowledge.passages} className="space-y-3">
          {search.data.data.map((passage) => (
            <PassageSheet key={passage.chunk_id} passage={passage} question={search.variables} />
          ))}
        </ol>
      )}
    </Section>
  )
}

function PassageSheet({ passage, question }: { passage: Passage; question: string }) {
  return (
    <li className="space-y-2 rounded-[5px] border border-line bg-sheet p-4 text-sm shadow-sheet">
      <p className="flex flex-wrap items-center gap-2 text-xs text-faded">
        <span className="font-medium wrap-anywhere text-ink">{passage.document_name}</span>
        {passage.page !== null && <span>{text.knowledge.page(passage.page)}</span>}
        <Badge>{passage.score.toFixed(3)}</Badge>
      </p>
      <p className="whitespace-pre-wrap wrap-anywhere">
        {marked(passage.text, question).map(({ words, hit, start }) =>
          hit ? (
            <mark key={start} className="rounded-tag bg-marigold-wash text-ink">
              {words}
            </mark>
          ) : (
            words
          ),
        )}
      </p>
      {passage.answer && <p className="whitespace-pre-wrap wrap-anywhere text-faded">{passage.answer}</p>}
    </li>
  )
}
