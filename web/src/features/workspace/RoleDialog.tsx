import { useMutation } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import type { Permission } from '@/api/may'
import { type Role, workspace } from '@/api/workspace'
import { refresh } from '@/api/workspaceQueries'
import { Button } from '@/ui/Button'
import { Dialog } from '@/ui/Dialog'
import { TextField } from '@/ui/TextField'
import { Trouble } from '@/ui/Trouble'
import { text } from '@/ui/text'
import { toast } from '@/ui/toast'
import { PermissionPicker } from './PermissionPicker'

interface Props {
  role: Role | 'new' | null
  held: readonly string[]
  onClose: () => void
}

/** A role of this workspace: its name and what it holds. */
export function RoleDialog({ role, held, onClose }: Props) {
  const title = role === 'new' || role === null ? text.roles.makeTitle : text.roles.editOf(role.name)
  return (
    <Dialog open={role !== null} onClose={onClose} title={title} description={text.roles.makeHelp}>
      {role !== null && <RoleForm role={role === 'new' ? null : role} held={held} onClose={onClose} />}
    </Dialog>
  )
}

function RoleForm({ role, held, onClose }: { role: Role | null; held: readonly string[]; onClose: () => void }) {
  const [name, setName] = useState(role?.name ?? '')
  const [chosen, setChosen] = useState<ReadonlySet<Permission>>(new Set(role?.permissions ?? ['apps.read']))
  const save = useMutation({
    mutationFn: () =>
      role ? workspace.changeRoleOf(role.id, name, [...chosen]) : workspace.createRole(name, [...chosen]),
    onSuccess: async () => {
      await refresh('roles', 'session')
      toast(text.roles.saved(name))
      onClose()
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    save.mutate()
  }
  return (
    <form onSubmit={submit} className="space-y-4">
      <TextField label={text.roles.name} required maxLength={200} autoComplete="off" value={name} onChange={setName} />
      <PermissionPicker chosen={chosen} held={held} onChange={setChosen} />
      {save.error && <Trouble error={save.error} />}
      <div className="flex justify-end gap-2">
        <Button onClick={onClose}>{text.common.cancel}</Button>
        <Button type="submit" look="primary" disabled={save.isPending}>
          {text.account.save}
        </Button>
      </div>
    </form>
  )
}
