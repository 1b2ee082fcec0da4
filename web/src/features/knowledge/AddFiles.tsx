import { FileUp } from 'lucide-react'
import { useCallback, useRef, useState } from 'react'
import { knowledge, refreshKnowledge } from '@/api/knowledge'
import { useDroppedFiles } from '@/features/apps/dropping'
import { Button } from '@/ui/Button'
import { Notice } from '@/ui/Notice'
import { Progress } from '@/ui/Progress'
import { text } from '@/ui/text'

interface Refused {
  name: string
  why: string
}

/** Files come in by being dropped anywhere on the page, or chosen. They are sent one after the other. */
export function AddFiles({ baseId }: { baseId: string }) {
  const input = useRef<HTMLInputElement>(null)
  const [sending, setSending] = useState<{ name: string; share: number } | null>(null)
  const [refused, setRefused] = useState<Refused[]>([])
  const queue = useRef<Promise<void>>(Promise.resolve())
  const take = useCallback(
    (files: readonly File[]) => {
      setRefused([])
      for (const file of files)
        queue.current = queue.current.then(async () => {
          setSending({ name: file.name, share: 0 })
          const onProgress = (share: number) => setSending({ name: file.name, share })
          try {
            await knowledge.add(baseId, file, { onProgress, signal: new AbortController().signal })
          } catch (error) {
            const why = error instanceof Error ? error.message : String(error)
            setRefused((before) => [...before, { name: file.name, why }])
          }
          setSending(null)
          await refreshKnowledge()
        })
    },
    [baseId],
  )
  const over = useDroppedFiles(take)
  return (
    <div className="space-y-3">
      <div
        className={`stitched flex flex-wrap items-center gap-x-4 gap-y-3 p-5 ${over ? 'bg-thread-wash' : 'bg-sheet/60'}`}
      >
        <div className="min-w-0 flex-1 basis-64">
          <p className="font-serif text-lg leading-tight font-semibold">{text.knowledge.drop}</p>
          <p className="text-sm text-faded">{text.knowledge.dropHelp}</p>
        </div>
        <Button look="primary" icon={<FileUp size={16} aria-hidden />} onClick={() => input.current?.click()}>
          {text.knowledge.choose}
        </Button>
        <input
          ref={input}
          type="file"
          hidden
          multiple
          aria-label={text.knowledge.choose}
          onChange={({ target }) => {
            take([...(target.files ?? [])])
            target.value = ''
          }}
        />
      </div>
      {sending && <Progress label={text.knowledge.sending(sending.name)} value={sending.share} />}
      {refused.map(({ name, why }) => (
        <Notice key={name} kind="error" title={name}>
          <p>{why}</p>
        </Notice>
      ))}
    </div>
  )
}
