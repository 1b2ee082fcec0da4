import { useMutation } from '@tanstack/react-query'
import { KeyRound } from 'lucide-react'
import { useState } from 'react'
import { api } from '@/api/endpoints'
import { queries, useKeys } from '@/api/queries'
import type { AppKey, AppOverview } from '@/api/types'
import { Button } from '@/ui/Button'
import { CopyButton } from '@/ui/CopyButton'
import { Dialog } from '@/ui/Dialog'
import { timeAgo } from '@/ui/format'
import { Notice } from '@/ui/Notice'
import { Trouble } from '@/ui/Trouble'
import { text } from '@/ui/text'
import { curlExample } from './curl'
import { PublishButton } from './PublishButton'

interface Props {
  app: AppOverview
  open: boolean
  onClose: () => void
}

export function AccessDialog({ app, open, onClose }: Props) {
  const [secret, setSecret] = useState<string | null>(null)
  const create = useMutation({
    mutationFn: () => api.createKey(app.id),
    onSuccess: (key) => {
      setSecret(key.secret)
      queries.invalidateQueries({ queryKey: ['keys', app.id] })
    },
  })
  const close = () => {
    setSecret(null)
    onClose()
  }
  return (
    <Dialog open={open} onClose={close} title={text.access.title} description={text.access.help}>
      {app.published_version === null && (
        <Notice kind="warning">
          <p>{text.access.publishFirst}</p>
          <PublishButton appId={app.id} published={app.published_version} />
        </Notice>
      )}
      {secret !== null && <NewSecret secret={secret} />}
      {create.error && <Trouble error={create.error} />}
      <Button
        look={secret === null ? 'primary' : 'plain'}
        icon={<KeyRound size={15} aria-hidden />}
        disabled={create.isPending}
        onClick={() => create.mutate()}
      >
        {text.access.create}
      </Button>
      <Example command={curlExample(app, location.origin, secret)} />
      <KeyList appId={app.id} enabled={open} />
    </Dialog>
  )
}

function NewSecret({ secret }: { secret: string }) {
  return (
    <Notice title={text.access.once}>
      <div className="flex flex-wrap items-center gap-2">
        <code className="min-w-0 flex-1 font-mono text-sm wrap-anywhere">{secret}</code>
        <CopyButton value={secret} label={text.access.copyKey} />
      </div>
    </Notice>
  )
}

function Example({ command }: { command: string }) {
  return (
    <section className="space-y-1">
      <div className="flex items-center justify-between">
        <h3 className="text-base">{text.access.example}</h3>
        <CopyButton value={command} label={text.access.copyExample} />
      </div>
      <pre className="whitespace-pre-wrap wrap-anywhere rounded-[5px] bg-well p-3 font-mono text-xs leading-relaxed">
        {command}
      </pre>
    </section>
  )
}

function KeyList({ appId, enabled }: { appId: string; enabled: boolean }) {
  const keys = useKeys(appId, enabled)
  if (keys.error) return <Trouble error={keys.error} onRetry={() => keys.refetch()} />
  if (!keys.data) return null
  const shown = keys.data.pages.flatMap(({ data }) => data)
  return (
    <section className="space-y-1">
      <h3 className="text-base">{text.access.keys}</h3>
      {shown.length === 0 && <p className="text-sm text-faded">{text.access.noKeys}</p>}
      <ul className="divide-y divide-line">
        {shown.map((key) => (
          <KeyRow key={key.id} appKey={key} appId={appId} />
        ))}
      </ul>
      {keys.hasNextPage && (
        <Button size="small" onClick={() => keys.fetchNextPage()} disabled={keys.isFetchingNextPage}>
          {text.common.loadMore}
        </Button>
      )}
    </section>
  )
}

function KeyRow({ appKey, appId }: { appKey: AppKey; appId: string }) {
  const [sure, setSure] = useState(false)
  const revoke = useMutation({
    mutationFn: () => api.revokeKey(appKey.id),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['keys', appId] }),
  })
  return (
    <li className="flex items-center gap-3 py-1.5 text-sm">
      <code className="font-mono">{text.access.ending(appKey.last_four)}</code>
      <span className="flex-1 text-xs text-faded">{text.access.created(timeAgo(appKey.created_at))}</span>
      {appKey.revoked_at ? (
        <span className="text-xs text-faded">{text.access.revoked}</span>
      ) : (
        <Button
          size="small"
          look={sure ? 'danger' : 'quiet'}
          disabled={revoke.isPending}
          onBlur={() => setSure(false)}
          onClick={() => (sure ? revoke.mutate() : setSure(true))}
        >
          {sure ? text.access.revokeSure : text.access.revoke}
        </Button>
      )}
    </li>
  )
}
