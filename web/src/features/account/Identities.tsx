import { useMutation } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { type Identity, type Person, people, type SignInProvider } from '@/api/people'
import { refresh, useIdentities, useWaysIn } from '@/api/workspaceQueries'
import { Button } from '@/ui/Button'
import { ConfirmButton } from '@/ui/ConfirmButton'
import { timeAgo } from '@/ui/format'
import { PasswordField } from '@/ui/PasswordField'
import { Section, Sheet } from '@/ui/Section'
import { Trouble } from '@/ui/Trouble'
import { text } from '@/ui/text'
import { toast } from '@/ui/toast'

/** Where else one is known; nothing of it is shown where nobody can be. */
export function Identities({ me }: { me: Person }) {
  const ways = useWaysIn()
  const providers = ways.data?.providers ?? []
  const identities = useIdentities(providers.length > 0)
  if (providers.length === 0) return null
  const linked = identities.data?.data ?? []
  const free = providers.filter(({ id }) => !linked.some(({ provider }) => provider === id))
  return (
    <Section title={text.account.identities} lead={text.account.identitiesLead}>
      {identities.error && <Trouble error={identities.error} onRetry={() => identities.refetch()} />}
      {linked.length > 0 && (
        <ul
          aria-label={text.account.identities}
          className="divide-y divide-line rounded-[5px] border border-line bg-sheet shadow-sheet"
        >
          {linked.map((identity) => (
            <li key={identity.id}>
              <IdentityRow identity={identity} />
            </li>
          ))}
        </ul>
      )}
      {identities.data && free.map((provider) => <LinkForm key={provider.id} provider={provider} me={me} />)}
    </Section>
  )
}

function IdentityRow({ identity }: { identity: Identity }) {
  const unlink = useMutation({
    mutationFn: () => people.unlinkIdentity(identity.id),
    onSuccess: async () => {
      await refresh('me')
      toast(text.account.unlinked(identity.label))
    },
  })
  return (
    <div className="space-y-2 px-4 py-3 text-sm">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <div className="min-w-0 flex-1 basis-48">
          <p className="font-medium">{identity.label}</p>
          <p className="text-xs wrap-anywhere text-faded">
            {identity.issuer} · {text.account.linked(timeAgo(identity.created_at))}
          </p>
        </div>
        <ConfirmButton
          sure={text.account.unlinkSure}
          label={identity.label}
          disabled={unlink.isPending}
          onConfirm={() => unlink.mutate()}
        >
          {text.account.unlink}
        </ConfirmButton>
      </div>
      {unlink.error && <Trouble error={unlink.error} />}
    </div>
  )
}

function LinkForm({ provider, me }: { provider: SignInProvider; me: Person }) {
  const [password, setPassword] = useState<string | null>(null)
  const link = useMutation({
    mutationFn: () => people.linkIdentity(provider.id, password ?? undefined),
    onSuccess: ({ url }) => location.assign(url),
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (me.has_password && password === null) setPassword('')
    else link.mutate()
  }
  return (
    <Sheet>
      <form onSubmit={submit} className="space-y-3">
        {password !== null && (
          <PasswordField label={text.account.present} kind="present" value={password} onChange={setPassword} />
        )}
        {link.error && <Trouble error={link.error} />}
        <Button type="submit" disabled={link.isPending}>
          {text.account.link(provider.label)}
        </Button>
      </form>
    </Sheet>
  )
}
