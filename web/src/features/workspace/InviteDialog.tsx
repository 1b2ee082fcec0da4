import { useMutation } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { ApiError } from '@/api/client'
import { type NewInvitation, type Role, workspace } from '@/api/workspace'
import { refresh } from '@/api/workspaceQueries'
import { Button } from '@/ui/Button'
import { CopyButton } from '@/ui/CopyButton'
import { Dialog } from '@/ui/Dialog'
import { Field } from '@/ui/Field'
import { Secret } from '@/ui/Secret'
import { TextField } from '@/ui/TextField'
import { Trouble } from '@/ui/Trouble'
import { text } from '@/ui/text'
import { permissionLine } from './permissions'
import { RoleChoice } from './RoleChoice'

interface Props {
  roles: readonly Role[]
  open: boolean
  onClose: () => void
}

export function InviteDialog({ roles, open, onClose }: Props) {
  return (
    <Dialog open={open} onClose={onClose} title={text.members.inviteTitle} description={text.members.inviteHelp}>
      {open && <InviteForm roles={roles} onClose={onClose} />}
    </Dialog>
  )
}

function InviteForm({ roles, onClose }: Omit<Props, 'open'>) {
  const [email, setEmail] = useState('')
  const [role, setRole] = useState('editor')
  const invite = useMutation({
    mutationFn: () => workspace.invite(email, role),
    onSuccess: () => refresh('invitations'),
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    invite.mutate()
  }
  if (invite.data) return <Made invitation={invite.data} onClose={onClose} />
  const onEmail = invite.error instanceof ApiError && invite.error.field === 'email' ? invite.error.message : null
  const chosen = roles.find(({ id }) => id === role)
  return (
    <form onSubmit={submit} className="space-y-4">
      <TextField
        label={text.entry.email}
        type="email"
        required
        autoComplete="off"
        value={email}
        onChange={setEmail}
        error={onEmail}
      />
      <Field label={text.members.role} required help={chosen && permissionLine(chosen)}>
        {({ id }) => <RoleChoice id={id} roles={roles} value={role} onChange={setRole} />}
      </Field>
      {invite.error && !onEmail && <Trouble error={invite.error} />}
      <div className="flex justify-end gap-2">
        <Button onClick={onClose}>{text.common.cancel}</Button>
        <Button type="submit" look="primary" disabled={invite.isPending}>
          {text.members.makeInvitation}
        </Button>
      </div>
    </form>
  )
}

function Made({ invitation, onClose }: { invitation: NewInvitation; onClose: () => void }) {
  return (
    <div className="space-y-4">
      <Secret title={text.members.inviteOnce(invitation.email)} value={invitation.link} copy={text.members.copyLink} />
      <details className="text-sm">
        <summary className="font-medium text-faded">{text.members.mail}</summary>
        <pre className="mt-2 whitespace-pre-wrap wrap-anywhere rounded-[5px] bg-well p-3 font-sans text-xs leading-relaxed">
          {invitation.mail}
        </pre>
        <CopyButton value={invitation.mail} label={text.members.copyMail} />
      </details>
      <div className="flex justify-end">
        <Button look="primary" onClick={onClose}>
          {text.members.done}
        </Button>
      </div>
    </div>
  )
}
