import { useMutation, useQuery } from '@tanstack/react-query'
import { useLocation } from 'react-router'
import { chooseWorkspace } from '@/api/chosen'
import { ApiError } from '@/api/client'
import { leave, type OpenInvitation, type Person, people } from '@/api/people'
import { roleName } from '@/features/workspace/roles'
import { Button } from '@/ui/Button'
import { Loading } from '@/ui/Loading'
import { Notice } from '@/ui/Notice'
import { Trouble } from '@/ui/Trouble'
import { text } from '@/ui/text'
import { EntryFrame } from './EntryFrame'
import { NewPersonForm } from './NewPersonForm'
import { SignInForm } from './SignInForm'
import { tokenOf } from './token'

/** Where an invitation leads: into a workspace, as who one is already or as somebody new. */
export default function JoinPage() {
  const token = tokenOf(useLocation().hash)
  const invitation = useQuery({
    queryKey: ['invitation', token],
    queryFn: () => people.readInvitation(token),
    enabled: token !== '',
  })
  const me = useQuery({ queryKey: ['who'], queryFn: meIfAnyone })
  if (invitation.isLoading || me.isPending) return <Loading />
  if (!invitation.data) return <Over error={invitation.error} />
  if (me.error) return <Trouble error={me.error} onRetry={() => me.refetch()} />
  return (
    <EntryFrame title={text.entry.joinTitle(invitation.data.workspace_name)}>
      <p className="text-faded">{text.entry.joinAs(invitation.data.email, roleName(invitation.data.role))}</p>
      <Ways token={token} invitation={invitation.data} me={me.data} />
    </EntryFrame>
  )
}

/** Whoever is signed in; nobody is an answer, too. */
async function meIfAnyone(): Promise<Person | null> {
  try {
    return await people.me()
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) return null
    throw error
  }
}

function Over({ error }: { error: Error | null }) {
  const told = error === null || (error instanceof ApiError && error.status < 500)
  return (
    <EntryFrame title={text.entry.invitationOver}>
      {told ? <p className="text-faded">{text.entry.invitationOverHelp}</p> : error && <Trouble error={error} />}
      <a href="/" className="text-thread underline">
        {text.entry.toConsole}
      </a>
    </EntryFrame>
  )
}

function Ways({ token, invitation, me }: { token: string; invitation: OpenInvitation; me: Person | null }) {
  const accept = useMutation({
    mutationFn: (who: { name?: string; password?: string }) => people.acceptInvitation({ token, ...who }),
    onSuccess: ({ workspace_id }) => {
      chooseWorkspace(workspace_id)
      location.assign('/')
    },
  })
  if (me && me.email !== invitation.email) return <AnotherPerson me={me} invited={invitation.email} />
  if (me) {
    return (
      <div className="space-y-4">
        {accept.error && <Trouble error={accept.error} />}
        <Button look="primary" className="w-full" disabled={accept.isPending} onClick={() => accept.mutate({})}>
          {text.entry.joinYes(me.name)}
        </Button>
      </div>
    )
  }
  if (invitation.is_known) {
    return (
      <div className="space-y-4">
        <p>{text.entry.joinKnown}</p>
        {accept.error && <Trouble error={accept.error} />}
        <SignInForm email={invitation.email} onDone={() => accept.mutate({})} />
        <p className="text-sm text-faded">
          <a href="/enter" className="text-thread underline">
            {text.entry.otherWay}
          </a>{' '}
          {text.entry.otherWayHelp}
        </p>
      </div>
    )
  }
  return <NewPersonForm pending={accept.isPending} error={accept.error} onSubmit={(who) => accept.mutate(who)} />
}

function AnotherPerson({ me, invited }: { me: Person; invited: string }) {
  const out = useMutation({ mutationFn: leave, onSuccess: () => location.reload() })
  return (
    <div className="space-y-4">
      <Notice kind="warning" title={text.entry.joinOther(me.email ?? me.name)}>
        <p>{text.entry.joinOtherHelp(invited)}</p>
      </Notice>
      {out.error && <Trouble error={out.error} />}
      <Button className="w-full" disabled={out.isPending} onClick={() => out.mutate()}>
        {text.entry.signOutFirst}
      </Button>
    </div>
  )
}
