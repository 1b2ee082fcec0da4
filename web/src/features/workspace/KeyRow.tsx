import { useMutation } from '@tanstack/react-query'
import { type Key, workspace } from '@/api/workspace'
import { refresh } from '@/api/workspaceQueries'
import { Badge } from '@/ui/Badge'
import { ConfirmButton } from '@/ui/ConfirmButton'
import { fullTime, timeAgo } from '@/ui/format'
import { Trouble } from '@/ui/Trouble'
import { text } from '@/ui/text'
import { toast } from '@/ui/toast'
import { permissionName } from './permissions'

/** A key as it can be shown later: never its secret. */
export function KeyRow({ apiKey: key }: { apiKey: Key }) {
  const name = key.name || text.access.ending(key.last_four)
  const revoke = useMutation({
    mutationFn: () => workspace.revokeKey(key.id),
    onSuccess: async () => {
      await refresh('keys')
      toast(text.keys.revoked(name))
    },
  })
  const expired = key.expires_at !== null && Date.parse(key.expires_at) <= Date.now()
  return (
    <div className="space-y-1.5 px-4 py-3 text-sm">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <div className="min-w-0 flex-1 basis-48">
          <p className="font-medium wrap-anywhere">
            {key.name || text.keys.unnamed}{' '}
            <code className="ml-1 font-mono text-xs font-normal text-faded">{text.access.ending(key.last_four)}</code>
          </p>
          <p className="text-xs text-faded">
            <span title={fullTime(key.created_at)}>{text.access.created(timeAgo(key.created_at))}</span>
            {' · '}
            {key.last_used_at ? (
              <span title={fullTime(key.last_used_at)}>{text.keys.used(timeAgo(key.last_used_at))}</span>
            ) : (
              text.keys.neverUsed
            )}
            {key.expires_at && !expired && (
              <span title={fullTime(key.expires_at)}> · {text.members.expires(timeAgo(key.expires_at))}</span>
            )}
          </p>
        </div>
        {key.revoked_at ? (
          <Badge>{text.access.revoked}</Badge>
        ) : (
          <>
            {expired && <Badge tone="marigold">{text.keys.expired}</Badge>}
            <ConfirmButton
              sure={text.access.revokeSure}
              label={name}
              disabled={revoke.isPending}
              onConfirm={() => revoke.mutate()}
            >
              {text.access.revoke}
            </ConfirmButton>
          </>
        )}
      </div>
      {key.scopes && <p className="text-xs text-faded">{text.keys.only(key.scopes.map(permissionName).join(' · '))}</p>}
      {revoke.error && <Trouble error={revoke.error} />}
    </div>
  )
}
