import { useMutation } from '@tanstack/react-query'
import { type Invitation, type Role, workspace } from '@/api/workspace'
import { refresh, useInvitations } from '@/api/workspaceQueries'
import { ConfirmButton } from '@/ui/ConfirmButton'
import { fullTime, timeAgo } from '@/ui/format'
import { Listing } from '@/ui/Listing'
import { Trouble } from '@/ui/Trouble'
import { text } from '@/ui/text'
import { toast } from '@/ui/toast'
import { roleName } from './roles'

/** Who was asked and has not come yet. */
export function Invitations({ roles }: { roles: readonly Role[] }) {
  const invitations = useInvitations()
  return (
    <section aria-labelledby="invitations" className="space-y-3">
      <h2 id="invitations" className="text-xl">
        {text.members.invitations}
      </h2>
      <Listing
        label={text.members.invitations}
        pages={invitations}
        empty={text.members.noInvitations}
        row={(invitation) => <InvitationRow invitation={invitation} roles={roles} />}
      />
    </section>
  )
}

function InvitationRow({ invitation, roles }: { invitation: Invitation; roles: readonly Role[] }) {
  const revoke = useMutation({
    mutationFn: () => workspace.revokeInvitation(invitation.id),
    onSuccess: async () => {
      await refresh('invitations')
      toast(text.members.revoked(invitation.email))
    },
  })
  return (
    <div className="space-y-2 px-4 py-3 text-sm">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <div className="min-w-0 flex-1 basis-48">
          <p className="font-medium wrap-anywhere">{invitation.email}</p>
          <p className="text-xs text-faded">
            {roleName(invitation.role, roles)} ·{' '}
            <time dateTime={invitation.expires_at} title={fullTime(invitation.expires_at)}>
              {text.members.expires(timeAgo(invitation.expires_at))}
            </time>
          </p>
        </div>
        <ConfirmButton
          sure={text.members.revokeSure}
          label={invitation.email}
          disabled={revoke.isPending}
          onConfirm={() => revoke.mutate()}
        >
          {text.members.revoke}
        </ConfirmButton>
      </div>
      {revoke.error && <Trouble error={revoke.error} />}
    </div>
  )
}
