import { ClipboardPaste, FileUp } from 'lucide-react'
import { useCallback, useRef, useState } from 'react'
import { useNavigate } from 'react-router'
import type { AppOverview } from '@/api/types'
import { Button } from '@/ui/Button'
import { Dialog } from '@/ui/Dialog'
import { Field, inputClasses } from '@/ui/Field'
import { LoomArt } from '@/ui/Logo'
import { Notice } from '@/ui/Notice'
import { Progress } from '@/ui/Progress'
import { text } from '@/ui/text'
import { toast } from '@/ui/toast'
import { useDroppedFile, usePastedText } from './dropping'
import { type AppFile, appFile, type Import, isAppName, pastedFile, useImport } from './importing'
import { modeName } from './modes'
import { ProblemList, StuckList } from './ProblemList'
import { remarks, stuckCount, stuckSteps } from './problems'
import { Blind, StandIns } from './StandIns'

/** Where app files come in: dropped anywhere on the page, chosen, or pasted. */
export function ImportArea() {
  const { status, start, reset } = useImport()
  const [pasting, setPasting] = useState<string | null>(null)
  const navigate = useNavigate()
  const take = useCallback(
    async (file: AppFile) => {
      setPasting(null)
      const result = await start(file)
      if (result.state !== 'done' || result.told) return
      toast(text.importing.done(result.name))
      navigate(`/apps/${result.appId}`)
    },
    [start, navigate],
  )
  const over = useDroppedFile(useCallback((file: File) => void take(appFile(file)), [take]))
  usePastedText(setPasting)
  return (
    <>
      <DropTarget
        onFile={(file) => take(appFile(file))}
        onPaste={() => setPasting('')}
        reading={status.state === 'reading' ? status.name : null}
      />
      {over && <DropOverlay />}
      <PasteDialog
        key={String(pasting)}
        initial={pasting}
        onClose={() => setPasting(null)}
        onImport={(document) => take(pastedFile(document))}
      />
      <ResultDialog status={status} onClose={reset} onOpen={(id) => navigate(`/apps/${id}`)} />
    </>
  )
}

interface DropTargetProps {
  onFile: (file: File) => void
  onPaste: () => void
  reading: string | null
}

function DropTarget({ onFile, onPaste, reading }: DropTargetProps) {
  const input = useRef<HTMLInputElement>(null)
  return (
    <div className="stitched flex min-h-44 flex-col justify-center gap-3 bg-sheet/60 p-5">
      <p className="font-serif text-lg leading-tight font-semibold">
        {reading === null ? text.importing.drop : text.importing.importing(reading)}
      </p>
      {reading === null ? (
        <p className="text-sm text-faded">{text.importing.dropHelp}</p>
      ) : (
        <Progress value={null} label={text.importing.importing(reading)} />
      )}
      <div className="flex flex-wrap gap-2">
        <Button
          look="primary"
          icon={<FileUp size={16} aria-hidden />}
          onClick={() => input.current?.click()}
          disabled={reading !== null}
        >
          {text.importing.choose}
        </Button>
        <Button icon={<ClipboardPaste size={16} aria-hidden />} onClick={onPaste} disabled={reading !== null}>
          {text.importing.paste}
        </Button>
      </div>
      <input
        ref={input}
        type="file"
        hidden
        aria-label={text.importing.choose}
        accept=".yml,.yaml,.json"
        onChange={({ target }) => {
          const file = target.files?.[0]
          target.value = ''
          if (file) onFile(file)
        }}
      />
    </div>
  )
}

function DropOverlay() {
  return (
    <div className="pointer-events-none fixed inset-0 z-40 bg-paper/85 p-5">
      <div className="grid h-full place-items-center rounded-xl border-[3px] border-dashed border-thread">
        <div className="rise flex flex-col items-center gap-3 text-center">
          <LoomArt className="w-96 max-w-full" />
          <p className="font-serif text-3xl font-semibold">{text.importing.release}</p>
          <p className="text-faded">{text.importing.dropHelp}</p>
        </div>
      </div>
    </div>
  )
}

interface PasteProps {
  initial: string | null
  onClose: () => void
  onImport: (document: string) => void
}

function PasteDialog({ initial, onClose, onImport }: PasteProps) {
  const [document, setDocument] = useState(initial ?? '')
  return (
    <Dialog
      open={initial !== null}
      onClose={onClose}
      title={text.importing.pasteTitle}
      description={text.importing.pasteHelp}
      footer={
        <>
          <Button onClick={onClose}>{text.common.cancel}</Button>
          <Button look="primary" disabled={!document.trim()} onClick={() => onImport(document)}>
            {text.importing.import}
          </Button>
        </>
      }
    >
      <Field label={text.importing.pasteLabel} required>
        {(wiring) => (
          <textarea
            {...wiring}
            className={`${inputClasses} h-64 font-mono text-xs`}
            spellCheck={false}
            value={document}
            onChange={(event) => setDocument(event.target.value)}
          />
        )}
      </Field>
    </Dialog>
  )
}

function ResultDialog({
  status,
  onClose,
  onOpen,
}: {
  status: Import
  onClose: () => void
  onOpen: (appId: string) => void
}) {
  if (status.state === 'refused') {
    return (
      <Dialog
        open
        onClose={onClose}
        title={
          isAppName(status.name) ? text.importing.refusedTitle(status.name) : text.importing.otherTitle(status.name)
        }
        footer={<Button onClick={onClose}>{text.common.close}</Button>}
      >
        <Refused refused={status} />
      </Dialog>
    )
  }
  if (status.state !== 'done' || !status.told) return null
  return (
    <Dialog
      open
      onClose={onClose}
      title={titleOf(status.told)}
      description={status.told.runnable ? text.importing.warnedHelp : text.importing.cannotHelp}
      footer={
        <Button look="primary" onClick={() => onOpen(status.appId)}>
          {text.importing.open}
        </Button>
      }
    >
      <Told app={status.told} />
    </Dialog>
  )
}

type RefusedFile = Extract<Import, { state: 'refused' }>

function Refused({ refused: { name, message, problems } }: { refused: RefusedFile }) {
  // What is wrong with its YAML is of no use to somebody who took another file by mistake.
  if (problems.length > 0 && !isAppName(name)) return <p className="text-sm">{text.importing.otherHelp}</p>
  return problems.length > 0 ? <ProblemList problems={problems} /> : <Notice kind="error">{message}</Notice>
}

function titleOf({ name, runnable, problems }: AppOverview): string {
  if (!runnable) return text.importing.cannotTitle(name)
  const stuck = stuckCount(problems)
  return stuck > 0 ? text.importing.stuckTitle(name, stuck) : text.importing.warnedTitle(name)
}

/** All that the app's page will tell, laid open. */
function Told({ app }: { app: AppOverview }) {
  const stuck = stuckSteps(app.problems, app.nodes)
  const rest = remarks(app.problems)
  return (
    <div className="space-y-3">
      {!app.runnable && <p className="text-sm">{text.app.notRunnableHelp(modeName(app.mode))}</p>}
      {app.runnable && stuck.length > 0 && (
        <>
          <p className="text-sm">{text.importing.stuckHelp}</p>
          <StuckList stuck={stuck} />
        </>
      )}
      {app.runnable && <StandIns app={app} keep />}
      {app.runnable && <Blind models={app.models} />}
      {rest.length > 0 && <ProblemList problems={rest} nodes={app.nodes} />}
    </div>
  )
}
