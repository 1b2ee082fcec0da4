import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { api } from '@/api/endpoints'
import { refreshModels } from '@/api/queries'
import type { CredentialInfo } from '@/api/types'
import { Button } from '@/ui/Button'
import { timeAgo } from '@/ui/format'
import { Trouble } from '@/ui/Trouble'
import { text } from '@/ui/text'

/** A stored key: it can be switched off and taken away, and never be read. */
export function CredentialRow({ credential }: { credential: CredentialInfo }) {
  const [sure, setSure] = useState(false)
  const { provider, id } = credential
  const change = useMutation({
    mutationFn: (enabled: boolean) => api.changeCredential(provider, id, { enabled, verify: false }),
    onSuccess: refreshModels,
  })
  const remove = useMutation({ mutationFn: () => api.removeCredential(provider, id), onSuccess: refreshModels })
  const error = change.error ?? remove.error
  return (
    <li className="space-y-2 px-3 py-2 text-sm">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <span className="font-medium">{credential.name}</span>
        {credential.hint && <code className="font-mono text-xs">{text.access.ending(credential.hint)}</code>}
        <span className="flex-1 text-xs text-faded">
          {credential.verified_at
            ? text.models.verified(timeAgo(credential.verified_at))
            : text.models.added(timeAgo(credential.created_at))}
        </span>
        <Button
          size="small"
          look="quiet"
          disabled={change.isPending}
          onClick={() => change.mutate(!credential.enabled)}
        >
          {credential.enabled ? text.models.switchOff : text.models.switchOn}
        </Button>
        <Button
          size="small"
          look={sure ? 'danger' : 'quiet'}
          disabled={remove.isPending}
          onBlur={() => setSure(false)}
          onClick={() => (sure ? remove.mutate() : setSure(true))}
        >
          {sure ? text.models.removeSure : text.models.remove}
        </Button>
      </div>
      {error && <Trouble error={error} />}
    </li>
  )
}
