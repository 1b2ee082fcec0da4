import { useMutation } from '@tanstack/react-query'
import { Plus } from 'lucide-react'
import { useState } from 'react'
import { may } from '@/api/may'
import { useSession } from '@/api/queries'
import { type Role, workspace } from '@/api/workspace'
import { refresh, useRoles } from '@/api/workspaceQueries'
import { Badge } from '@/ui/Badge'
import { Button } from '@/ui/Button'
import { ConfirmButton } from '@/ui/ConfirmButton'
import { Listing } from '@/ui/Listing'
import { Trouble } from '@/ui/Trouble'
import { text } from '@/ui/text'
import { toast } from '@/ui/toast'
import { Guarded } from './Guarded'
import { PageHead } from './PageHead'
import { grouped, permissionName } from './permissions'
import { RoleDialog } from './RoleDialog'
import { roleName } from './roles'

export default function RolesPage() {
  return (
    <Guarded needs="members.read">
      <Roles />
    </Guarded>
  )
}

function Roles() {
  const { data: session } = useSession()
  const roles = useRoles()
  const [editing, setEditing] = useState<Role | 'new' | null>(null)
  const manages = may(session, 'roles.manage')
  return (
    <>
      <PageHead title={text.roles.title} lead={text.roles.lead}>
        {manages && (
          <Button look="primary" icon={<Plus size={16} aria-hidden />} onClick={() => setEditing('new')}>
            {text.roles.make}
          </Button>
        )}
      </PageHead>
      <Listing
        label={text.roles.title}
        pages={roles}
        empty={text.roles.none}
        row={(role) => <RoleRow role={role} onEdit={manages && !role.built_in ? () => setEditing(role) : null} />}
      />
      <RoleDialog role={editing} held={session?.permissions ?? []} onClose={() => setEditing(null)} />
    </>
  )
}

function RoleRow({ role, onEdit }: { role: Role; onEdit: (() => void) | null }) {
  const name = roleName(role.id, [role])
  const remove = useMutation({
    mutationFn: () => workspace.removeRole(role.id),
    onSuccess: async () => {
      await refresh('roles')
      toast(text.roles.removed(name))
    },
  })
  return (
    <div className="space-y-2 px-4 py-3 text-sm">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <h2 className="flex-1 basis-40 text-base wrap-anywhere">{name}</h2>
        {role.built_in && <Badge>{text.roles.builtIn}</Badge>}
        {onEdit && (
          <>
            <Button size="small" look="quiet" aria-label={text.roles.editOf(name)} onClick={onEdit}>
              {text.roles.edit}
            </Button>
            <ConfirmButton
              sure={text.members.removeSure}
              label={name}
              disabled={remove.isPending}
              onConfirm={() => remove.mutate()}
            >
              {text.members.remove}
            </ConfirmButton>
          </>
        )}
      </div>
      {text.roles.help[role.id] && <p className="text-faded">{text.roles.help[role.id]}</p>}
      <Held role={role} open={!role.built_in} />
      {remove.error && <Trouble error={remove.error} />}
    </div>
  )
}

/** What a role holds; for those that everybody knows, only when it is asked for. */
function Held({ role, open }: { role: Role; open: boolean }) {
  return (
    <details open={open}>
      <summary className="text-xs text-faded">{text.roles.count(role.permissions.length)}</summary>
      <dl className="grid gap-x-4 gap-y-1 pt-2 text-xs sm:grid-cols-[9rem_1fr]">
        {grouped(role.permissions).map(({ group, permissions }) => (
          <div key={group} className="contents">
            <dt className="font-medium text-faded">{text.permissions.groups[group]}</dt>
            <dd className="max-sm:mb-1.5">{permissions.map(permissionName).join(' · ')}</dd>
          </div>
        ))}
      </dl>
    </details>
  )
}
