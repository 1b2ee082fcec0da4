import { useMe } from '@/api/workspaceQueries'
import { PageHead } from '@/features/workspace/PageHead'
import { Loading } from '@/ui/Loading'
import { Trouble } from '@/ui/Trouble'
import { text } from '@/ui/text'
import { Identities } from './Identities'
import { PasswordForm } from './PasswordForm'
import { PersonForm } from './PersonForm'
import { SecondFactor } from './SecondFactor'
import { Sessions } from './Sessions'

/** Who one is, in every workspace. */
export default function AccountPage() {
  const me = useMe()
  if (me.isPending) return <Loading />
  if (!me.data) return <Trouble error={me.error} onRetry={() => me.refetch()} />
  return (
    <div className="mx-auto w-full max-w-2xl space-y-8 px-4 py-7 sm:px-6">
      <PageHead title={text.account.title} lead={text.account.lead} />
      <PersonForm me={me.data} />
      <PasswordForm me={me.data} />
      <SecondFactor me={me.data} />
      <Identities me={me.data} />
      <Sessions />
    </div>
  )
}
