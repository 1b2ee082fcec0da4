import { UserPlus } from 'lucide-react'
import { useState } from 'react'
import { may } from '@/api/may'
import { useSession } from '@/api/queries'
import { useEveryRole, useMembers } from '@/api/workspaceQueries'
import { Button } from '@/ui/Button'
import { Listing } from '@/ui/Listing'
import { text } from '@/ui/text'
import { Guarded } from './Guarded'
import { Invitations } from './Invitations'
import { InviteDialog } from './InviteDialog'
import { MemberRow } from './MemberRow'
import { PageHead } from './PageHead'

export default function MembersPage() {
  return (
    <Guarded needs="members.read">
      <Members />
    </Guarded>
  )
}

function Members() {
  const { data: session } = useSession()
  const members = useMembers()
  const roles = useEveryRole()
  const [inviting, setInviting] = useState(false)
  const manages = may(session, 'members.manage')
  const known = roles.data ?? []
  return (
    <>
      <PageHead title={text.members.title} lead={text.members.lead}>
        {manages && (
          <Button look="primary" icon={<UserPlus size={16} aria-hidden />} onClick={() => setInviting(true)}>
            {text.members.invite}
          </Button>
        )}
      </PageHead>
      <Listing
        label={text.members.title}
        pages={members}
        empty={text.members.none}
        row={(member) => <MemberRow member={member} roles={known} session={session} />}
      />
      {manages && <Invitations roles={known} />}
      <InviteDialog roles={known} open={inviting} onClose={() => setInviting(false)} />
    </>
  )
}
