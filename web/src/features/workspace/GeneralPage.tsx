import { useMutation } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { chooseWorkspace } from '@/api/chosen'
import { may } from '@/api/may'
import { useSession } from '@/api/queries'
import { type OwnWorkspace, workspace } from '@/api/workspace'
import { refresh, useWorkspaces } from '@/api/workspaceQueries'
import { Badge } from '@/ui/Badge'
import { Button } from '@/ui/Button'
import { Loading } from '@/ui/Loading'
import { Section, Sheet } from '@/ui/Section'
import { TextField } from '@/ui/TextField'
import { Trouble } from '@/ui/Trouble'
import { text } from '@/ui/text'
import { toast } from '@/ui/toast'
import { Leaving } from './Leaving'
import { PageHead } from './PageHead'
import { Retention } from './Retention'
import { roleName } from './roles'

/** The workspace itself, and the others that one is in. */
export default function GeneralPage() {
  const { data: session } = useSession()
  const workspaces = useWorkspaces()
  if (workspaces.isPending || !session) return <Loading />
  if (!workspaces.data) return <Trouble error={workspaces.error} onRetry={() => workspaces.refetch()} />
  const all = workspaces.data.data
  const present = all.find(({ id }) => id === session.workspace.id)
  return (
    <>
      <PageHead title={text.workspace.title} lead={text.workspace.lead} />
      {present && may(session, 'workspace.manage') && <RenameForm key={present.id} present={present} />}
      <Own all={all} present={session.workspace.id} mayCreate={may(session, 'installation.manage')} />
      {may(session, 'workspace.read') && <Retention mayChange={may(session, 'workspace.manage')} />}
      {present && <Leaving present={present} session={session} />}
    </>
  )
}

function RenameForm({ present }: { present: OwnWorkspace }) {
  const [name, setName] = useState(present.name)
  const [slug, setSlug] = useState(present.slug)
  const change = useMutation({
    mutationFn: () => workspace.rename({ name, slug }),
    onSuccess: async () => {
      await refresh('workspaces', 'session')
      toast(text.account.saved)
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    change.mutate()
  }
  return (
    <Sheet>
      <form onSubmit={submit} className="space-y-4">
        <TextField label={text.workspace.name} required maxLength={200} value={name} onChange={setName} />
        <TextField
          label={text.workspace.slug}
          help={text.workspace.slugHelp}
          required
          maxLength={100}
          spellCheck={false}
          value={slug}
          onChange={setSlug}
        />
        {change.error && <Trouble error={change.error} />}
        <Button type="submit" disabled={change.isPending || (name === present.name && slug === present.slug)}>
          {text.account.save}
        </Button>
      </form>
    </Sheet>
  )
}

interface OwnProps {
  all: readonly OwnWorkspace[]
  present: string
  mayCreate: boolean
}

function Own({ all, present, mayCreate }: OwnProps) {
  return (
    <Section title={text.workspace.own}>
      <ul
        aria-label={text.workspace.own}
        className="divide-y divide-line rounded-[5px] border border-line bg-sheet shadow-sheet"
      >
        {all.map(({ id, name, slug, role }) => (
          <li key={id} className="flex flex-wrap items-center gap-x-3 gap-y-1 px-4 py-3 text-sm">
            <div className="min-w-0 flex-1 basis-40">
              <p className="font-medium wrap-anywhere">{name}</p>
              <p className="text-xs text-faded">
                {slug} · {roleName(role)}
              </p>
            </div>
            {id === present ? (
              <Badge tone="thread">{text.workspace.here}</Badge>
            ) : (
              <Button size="small" aria-label={text.workspace.goTo(name)} onClick={() => goTo(id)}>
                {text.workspace.go}
              </Button>
            )}
          </li>
        ))}
      </ul>
      {mayCreate && <CreateForm />}
    </Section>
  )
}

function goTo(id: string): void {
  chooseWorkspace(id)
  location.assign('/')
}

function CreateForm() {
  const [name, setName] = useState('')
  const create = useMutation({ mutationFn: () => workspace.create(name), onSuccess: ({ id }) => goTo(id) })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    create.mutate()
  }
  return (
    <form onSubmit={submit} className="flex flex-wrap items-end gap-2">
      <div className="min-w-48 flex-1">
        <TextField label={text.workspace.newName} required maxLength={200} value={name} onChange={setName} />
      </div>
      <Button type="submit" disabled={create.isPending || name.trim() === ''}>
        {text.workspace.create}
      </Button>
      {create.error && (
        <div className="w-full">
          <Trouble error={create.error} />
        </div>
      )}
    </form>
  )
}
