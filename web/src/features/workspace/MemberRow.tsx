import { useMutation } from '@tanstack/react-query'
import { may } from '@/api/may'
import type { Session } from '@/api/types'
import { type Member, type Role, workspace } from '@/api/workspace'
import { refresh } from '@/api/workspaceQueries'
import { Badge } from '@/ui/Badge'
import { Button } from '@/ui/Button'
import { ConfirmButton } from '@/ui/ConfirmButton'
import { Secret } from '@/ui/Secret'
import { Trouble } from '@/ui/Trouble'
import { text } from '@/ui/text'
import { toast } from '@/ui/toast'
import { RoleChoice } from './RoleChoice'
import { roleName } from './roles'

interface Props {
  member: Member
  roles: readonly Role[]
  session: Session | undefined
}

/** A member, and what whoever looks may do about them. */
export function MemberRow({ member, roles, session }: Props) {
  const isMe = session?.actor.id === member.id
  const change = useMutation({
    mutationFn: (role: string) => workspace.changeRole(member.id, role),
    onSuccess: async ({ role }) => {
      await refresh('members', ...(isMe ? ['session'] : []))
      toast(text.members.roleChanged(member.name, roleName(role, roles)))
    },
  })
  const remove = useMutation({
    mutationFn: () => workspace.removeMember(member.id),
    onSuccess: async () => {
      await refresh('members')
      toast(text.members.removed(member.name))
    },
  })
  const link = useMutation({ mutationFn: () => workspace.passwordLink(member.id) })
  const error = change.error ?? remove.error ?? link.error
  const manages = may(session, 'members.manage')
  return (
    <div className="space-y-2 px-4 py-3 text-sm">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
        <div className="min-w-0 flex-1 basis-48">
          <p className="flex flex-wrap items-center gap-x-2 font-medium wrap-anywhere">
            {member.name}
            {isMe && <Badge tone="thread">{text.members.you}</Badge>}
            {member.disabled && <Badge tone="madder">{text.members.disabled}</Badge>}
          </p>
          <p className="text-xs wrap-anywhere text-faded">{member.email ?? text.members.noEmail}</p>
        </div>
        {manages && !isMe ? (
          <RoleChoice
            label={text.members.roleOf(member.name)}
            roles={roles}
            value={member.role}
            disabled={change.isPending}
            onChange={(role) => change.mutate(role)}
          />
        ) : (
          <Badge>{roleName(member.role, roles)}</Badge>
        )}
        {!isMe && may(session, 'installation.manage') && (
          <Button size="small" look="quiet" disabled={link.isPending} onClick={() => link.mutate()}>
            {text.members.passwordLink}
          </Button>
        )}
        {manages && !isMe && (
          <ConfirmButton
            sure={text.members.removeSure}
            label={member.name}
            disabled={remove.isPending}
            onConfirm={() => remove.mutate()}
          >
            {text.members.remove}
          </ConfirmButton>
        )}
      </div>
      {link.data && (
        <Secret title={text.members.passwordLinkOnce} value={link.data.link} copy={text.members.copyLink} />
      )}
      {error && <Trouble error={error} />}
    </div>
  )
}
