import { KeyRound } from 'lucide-react'
import { useState } from 'react'
import { useSearchParams } from 'react-router'
import { may } from '@/api/may'
import { useSession } from '@/api/queries'
import type { KeyPlace } from '@/api/workspace'
import { useAppChoices, useKeysAt } from '@/api/workspaceQueries'
import { Button } from '@/ui/Button'
import { inputClasses } from '@/ui/Field'
import { Listing } from '@/ui/Listing'
import { Section } from '@/ui/Section'
import { text } from '@/ui/text'
import { KeyRow } from './KeyRow'
import { NewKeyDialog } from './NewKeyDialog'
import { PageHead } from './PageHead'

/** All that opens Loomwork to programs: one's own keys, those of the workspace, those of its apps. */
export default function KeysPage() {
  const { data: session } = useSession()
  const [making, setMaking] = useState(false)
  const reads = may(session, 'keys.read')
  return (
    <>
      <PageHead title={text.keys.title} lead={text.keys.lead}>
        <Button look="primary" icon={<KeyRound size={16} aria-hidden />} onClick={() => setMaking(true)}>
          {text.keys.make}
        </Button>
      </PageHead>
      <KeysOf place="own" title={text.keys.own} lead={text.keys.ownLead} />
      {reads && <KeysOf place="workspace" title={text.keys.ofWorkspace} lead={text.keys.ofWorkspaceLead} />}
      {reads && <KeysOfApps />}
      <NewKeyDialog open={making} session={session} onClose={() => setMaking(false)} />
    </>
  )
}

function KeysOf({ place, title, lead }: { place: KeyPlace; title: string; lead: string }) {
  const keys = useKeysAt(place)
  return (
    <Section title={title} lead={lead}>
      <Listing label={title} pages={keys} empty={text.access.noKeys} row={(key) => <KeyRow apiKey={key} />} />
    </Section>
  )
}

function KeysOfApps() {
  const apps = useAppChoices()
  const [query, setQuery] = useSearchParams()
  const all = apps.data ?? []
  const appId = query.get('app') ?? ''
  if (!all.length) return null
  return (
    <Section title={text.keys.ofApps} lead={text.keys.ofAppsLead}>
      <select
        aria-label={text.keys.app}
        value={appId}
        onChange={({ target }) => setQuery(target.value ? { app: target.value } : {}, { replace: true })}
        className={`${inputClasses} max-w-sm`}
      >
        <option value="">{text.keys.chooseApp}</option>
        {all.map(({ id, name }) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </select>
      {appId && <KeysOfApp key={appId} appId={appId} />}
    </Section>
  )
}

function KeysOfApp({ appId }: { appId: string }) {
  const keys = useKeysAt({ appId })
  return (
    <Listing label={text.keys.ofApps} pages={keys} empty={text.access.noKeys} row={(key) => <KeyRow apiKey={key} />} />
  )
}
