import { useMutation } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { chooseWorkspace } from '@/api/chosen'
import { may } from '@/api/may'
import type { Session } from '@/api/types'
import { type OwnWorkspace, workspace } from '@/api/workspace'
import { refresh, useEveryMember } from '@/api/workspaceQueries'
import { Button } from '@/ui/Button'
import { ConfirmButton } from '@/ui/ConfirmButton'
import { Dialog } from '@/ui/Dialog'
import { inputClasses } from '@/ui/Field'
import { Section, Sheet } from '@/ui/Section'
import { TextField } from '@/ui/TextField'
import { Trouble } from '@/ui/Trouble'
import { text } from '@/ui/text'
import { toast } from '@/ui/toast'

function home(): void {
  chooseWorkspace(null)
  location.assign('/')
}

/** What ends something: leaving, handing over, deleting. Who is here alone is asked none of it. */
export function Leaving({ present, session }: { present: OwnWorkspace; session: Session }) {
  const members = useEveryMember(may(session, 'members.read'))
  const others = (members.data ?? []).filter(({ id }) => id !== session.actor.id)
  const isFirst = session.permissions.includes('installation.manage')
  const hands = others.length > 0 && may(session, 'workspace.transfer')
  const deletes = !isFirst && may(session, 'workspace.delete')
  const leaves = others.length > 0 && session.role !== 'owner'
  if (!hands && !deletes && !leaves) return null
  return (
    <Section title={text.workspace.ending}>
      <Sheet>
        <div className="space-y-5 text-sm">
          {leaves && <Leave />}
          {hands && <Transfer others={others} />}
          {deletes && <Delete present={present} />}
        </div>
      </Sheet>
    </Section>
  )
}

function Leave() {
  const leave = useMutation({ mutationFn: workspace.leave, onSuccess: home })
  return (
    <div className="space-y-2">
      <div className="flex flex-wrap items-center justify-between gap-2">
        <p className="flex-1 basis-60">{text.workspace.leaveHelp}</p>
        <ConfirmButton sure={text.workspace.leaveSure} disabled={leave.isPending} onConfirm={() => leave.mutate()}>
          {text.workspace.leave}
        </ConfirmButton>
      </div>
      {leave.error && <Trouble error={leave.error} />}
    </div>
  )
}

function Transfer({ others }: { others: readonly { id: string; name: string }[] }) {
  const [heir, setHeir] = useState('')
  const transfer = useMutation({
    mutationFn: () => workspace.transfer(heir),
    onSuccess: async () => {
      await refresh('session', 'members', 'workspaces')
      toast(text.workspace.transferred)
    },
  })
  return (
    <div className="space-y-2">
      <p>{text.workspace.transferHelp}</p>
      <div className="flex flex-wrap items-center gap-2">
        <select
          aria-label={text.workspace.heir}
          value={heir}
          onChange={(event) => setHeir(event.target.value)}
          className={`${inputClasses} w-auto min-w-48 flex-1`}
        >
          <option value="">{text.workspace.chooseHeir}</option>
          {others.map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </select>
        <ConfirmButton
          sure={text.workspace.transferSure}
          disabled={heir === '' || transfer.isPending}
          onConfirm={() => transfer.mutate()}
        >
          {text.workspace.transfer}
        </ConfirmButton>
      </div>
      {transfer.error && <Trouble error={transfer.error} />}
    </div>
  )
}

function Delete({ present }: { present: OwnWorkspace }) {
  const [open, setOpen] = useState(false)
  return (
    <div className="flex flex-wrap items-center justify-between gap-2">
      <p className="flex-1 basis-60">{text.workspace.deleteHelp}</p>
      <Button size="small" look="danger" onClick={() => setOpen(true)}>
        {text.workspace.delete}
      </Button>
      <Dialog
        open={open}
        onClose={() => setOpen(false)}
        title={text.workspace.deleteTitle(present.name)}
        description={text.workspace.deleteHelp}
      >
        <DeleteForm slug={present.slug} />
      </Dialog>
    </div>
  )
}

function DeleteForm({ slug }: { slug: string }) {
  const [typed, setTyped] = useState('')
  const remove = useMutation({ mutationFn: () => workspace.remove(slug), onSuccess: home })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    remove.mutate()
  }
  return (
    <form onSubmit={submit} className="space-y-4">
      <TextField
        label={text.workspace.typeSlug(slug)}
        required
        autoComplete="off"
        spellCheck={false}
        value={typed}
        onChange={setTyped}
      />
      {remove.error && <Trouble error={remove.error} />}
      <Button type="submit" look="danger" disabled={typed !== slug || remove.isPending}>
        {text.apps.deleteYes}
      </Button>
    </form>
  )
}
