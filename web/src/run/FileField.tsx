import { FileText, Link2, UploadCloud, X } from 'lucide-react'
import { type DragEvent, useEffect, useRef, useState } from 'react'
import { api } from '@/api/endpoints'
import type { FormField } from '@/api/types'
import { Button, IconButton } from '@/ui/Button'
import { classes } from '@/ui/classes'
import { inputClasses } from '@/ui/Field'
import { bytes } from '@/ui/format'
import { Progress } from '@/ui/Progress'
import { text } from '@/ui/text'
import { acceptOf, fromAddress, type GivenFile, LARGEST, mostOf, takenOf, takesAddresses, takesUploads } from './files'

interface Props {
  field: FormField
  files: readonly GivenFile[]
  wiring: Record<string, unknown> & { id: string }
  disabled: boolean
  /** The app that takes uploads; without one, only addresses can be given. */
  appId: string | null
  onChange: (files: readonly GivenFile[]) => void
}

/** Files dropped, chosen, or given by their addresses; each can be taken out again. */
export function FileField({ field, files, wiring, disabled, appId, onChange }: Props) {
  const given = useFiles(field, files, appId, onChange)
  const most = mostOf(field)
  const room = most === null || files.length < most
  const uploads = appId !== null && takesUploads(field)
  return (
    <div className="space-y-2">
      {files.length > 0 && (
        <ul className="divide-y divide-line rounded-[5px] border border-line bg-sheet">
          {files.map((file) => (
            <FileRow key={file.key} file={file} disabled={disabled} onRemove={() => given.remove(file)} />
          ))}
        </ul>
      )}
      {room && uploads && <DropZone field={field} wiring={wiring} disabled={disabled} onFiles={given.take} />}
      {room && takesAddresses(field) && (
        <Address
          wiring={uploads ? { 'aria-label': text.form.file.address(field.label || field.variable) } : wiring}
          asked={!uploads}
          disabled={disabled}
          onAddress={given.add}
        />
      )}
    </div>
  )
}

function useFiles(
  field: FormField,
  files: readonly GivenFile[],
  appId: string | null,
  onChange: (files: readonly GivenFile[]) => void,
) {
  // Several may be on their way at once, and each tells of itself in between.
  const latest = useRef(files)
  latest.current = files
  const sending = useRef(new Map<string, AbortController>())
  useEffect(() => {
    const left = sending.current
    return () => {
      for (const controller of left.values()) controller.abort()
    }
  }, [])
  const put = (next: readonly GivenFile[]) => {
    latest.current = next
    onChange(next)
  }
  const change = (key: string, changed: Partial<GivenFile>) => {
    if (latest.current.some((file) => file.key === key))
      put(latest.current.map((file) => (file.key === key ? { ...file, ...changed } : file)))
  }
  const send = async (key: string, file: File) => {
    if (appId === null) return
    const controller = new AbortController()
    sending.current.set(key, controller)
    try {
      const onProgress = (share: number) => change(key, { share })
      const sent = await api.uploadFile(appId, field.variable, file, { onProgress, signal: controller.signal })
      change(key, { name: sent.name, size: sent.size, input: { ...sent.file, filename: sent.name }, share: 1 })
    } catch (error) {
      change(key, { error: messageOf(error) })
    } finally {
      sending.current.delete(key)
    }
  }
  const take = (chosen: readonly File[]) => {
    const most = mostOf(field)
    const room = most === null ? chosen.length : most - latest.current.length
    const taken = chosen.slice(0, room).map((file) => ({ file, key: crypto.randomUUID() }))
    const told = taken.map(({ file, key }) => ({ ...begun(file, key), ...tooLarge(file) }))
    put([...latest.current, ...told])
    for (const { file, key } of taken) if (!tooLarge(file)) void send(key, file)
  }
  const remove = ({ key }: GivenFile) => {
    sending.current.get(key)?.abort()
    put(latest.current.filter((file) => file.key !== key))
  }
  const add = (url: string) => {
    if (!latest.current.some(({ key }) => key === url)) put([...latest.current, fromAddress(url)])
  }
  return { take, remove, add }
}

const begun = ({ name, size }: File, key: string): GivenFile => ({
  key,
  name,
  size,
  input: null,
  share: 0,
  error: null,
})

const tooLarge = ({ size }: File): { error: string } | null =>
  size > LARGEST ? { error: text.form.file.tooLarge(bytes(LARGEST)) } : null

const messageOf = (error: unknown): string =>
  error instanceof Error && error.name !== 'Unreachable' ? error.message : text.form.file.unsent

function FileRow({ file, disabled, onRemove }: { file: GivenFile; disabled: boolean; onRemove: () => void }) {
  const Icon = file.size === null ? Link2 : FileText
  return (
    <li className="flex items-center gap-2.5 py-1 pr-1 pl-3 text-sm">
      <Icon aria-hidden size={16} className={classes('shrink-0', file.error ? 'text-madder' : 'text-faded')} />
      <div className="min-w-0 flex-1 space-y-1">
        <p className="flex items-baseline gap-2">
          <span className="truncate" title={file.name}>
            {file.name}
          </span>
          {file.size !== null && <span className="shrink-0 text-xs text-faded tabular-nums">{bytes(file.size)}</span>}
        </p>
        {file.error && (
          <p role="alert" className="text-xs text-madder wrap-anywhere">
            {file.error}
          </p>
        )}
        {!file.error && !file.input && <Progress value={file.share} label={text.form.file.sending(file.name)} />}
      </div>
      <IconButton label={text.form.file.remove(file.name)} disabled={disabled} onClick={onRemove} className="size-8">
        <X size={15} />
      </IconButton>
    </li>
  )
}

interface DropProps {
  field: FormField
  wiring: Props['wiring']
  disabled: boolean
  onFiles: (files: readonly File[]) => void
}

function DropZone({ field, wiring, disabled, onFiles }: DropProps) {
  const [over, setOver] = useState(false)
  const input = useRef<HTMLInputElement>(null)
  useEffect(keepPage, [])
  const drop = (event: DragEvent) => {
    event.preventDefault()
    setOver(false)
    if (!disabled) onFiles([...event.dataTransfer.files])
  }
  const taken = takenOf(field)
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping is for the mouse; the input is for everybody
    <div
      onDragOver={(event) => {
        event.preventDefault()
        setOver(true)
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
      className={classes(
        'stitched flex items-center gap-3 bg-sheet/60 px-3.5 py-3 text-sm focus-within:outline-2 focus-within:outline-thread',
        over && 'border-thread bg-thread-wash',
        Boolean(wiring['aria-invalid']) && 'border-madder',
      )}
    >
      <UploadCloud aria-hidden size={20} className="shrink-0 text-faded" />
      <div className="min-w-0 flex-1">
        <p>{field.type === 'file' ? text.form.file.drop : text.form.file.dropMany}</p>
        {taken && <p className="text-xs text-faded wrap-anywhere">{text.form.file.takes(taken)}</p>}
      </div>
      <Button size="small" tabIndex={-1} disabled={disabled} onClick={() => input.current?.click()}>
        {text.form.file.choose}
      </Button>
      <input
        {...wiring}
        ref={input}
        type="file"
        className="sr-only"
        disabled={disabled}
        multiple={field.type === 'file-list'}
        accept={acceptOf(field)}
        onChange={({ target }) => {
          onFiles([...(target.files ?? [])])
          target.value = ''
        }}
      />
    </div>
  )
}

/** A file that is let go beside the zone must not take the place of the page, and of all that was filled in. */
function keepPage(): () => void {
  const keep = (event: Event) => event.preventDefault()
  window.addEventListener('dragover', keep)
  window.addEventListener('drop', keep)
  return () => {
    window.removeEventListener('dragover', keep)
    window.removeEventListener('drop', keep)
  }
}

interface AddressProps {
  wiring: Record<string, unknown>
  /** Whether it is the only way, and so stands open. */
  asked: boolean
  disabled: boolean
  onAddress: (url: string) => void
}

function Address({ wiring, asked, disabled, onAddress }: AddressProps) {
  const [open, setOpen] = useState(asked)
  const [typed, setTyped] = useState('')
  const add = () => {
    const url = typed.trim()
    if (!url) return
    onAddress(url)
    setTyped('')
  }
  if (!open)
    return (
      <button type="button" className="text-xs text-thread underline underline-offset-2" onClick={() => setOpen(true)}>
        {text.form.file.byAddress}
      </button>
    )
  return (
    <input
      {...wiring}
      type="url"
      placeholder="https://"
      disabled={disabled}
      value={typed}
      onChange={({ target }) => setTyped(target.value)}
      // What was typed is meant, wherever one goes next: often to the button that runs the app.
      onBlur={add}
      onKeyDown={(event) => {
        if (event.key !== 'Enter') return
        event.preventDefault()
        add()
      }}
      className={inputClasses}
    />
  )
}
