import { useMutation } from '@tanstack/react-query'
import { type Environment, life, type Version } from '@/api/life'
import { may } from '@/api/may'
import { refreshApps } from '@/api/queries'
import type { AppOverview, Session } from '@/api/types'
import { refresh } from '@/api/workspaceQueries'
import { Badge } from '@/ui/Badge'
import { Button } from '@/ui/Button'
import { ConfirmButton } from '@/ui/ConfirmButton'
import { fullTime, timeAgo } from '@/ui/format'
import { Trouble } from '@/ui/Trouble'
import { text } from '@/ui/text'
import { toast } from '@/ui/toast'
import { nextFor } from './promotion'

interface Props {
  app: AppOverview
  version: Version
  session: Session | undefined
  nameOf: (id: string) => string | null
}

export function VersionRow({ app, version, session, nameOf }: Props) {
  const { number, environments } = version
  const restore = useMutation({
    mutationFn: () => life.restore(app.id, number),
    onSuccess: async () => {
      await Promise.all([refreshApps(), refresh('difference')])
      toast(text.versions.restored(number))
    },
  })
  const promote = useMutation({
    mutationFn: (environment: Environment) => life.promote(app.id, environment, number),
    onSuccess: async ({ environment }) => {
      await Promise.all([refreshApps(), refresh('versions')])
      toast(text.versions.promoted(number, text.versions.environments[environment]))
    },
  })
  const next = nextFor(environments)
  const who = nameOf(version.published_by)
  const error = restore.error ?? promote.error
  return (
    <div className="space-y-2 px-4 py-3 text-sm">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1.5">
        <div className="min-w-0 flex-1 basis-52">
          <p className="flex flex-wrap items-center gap-1.5">
            <span className="font-semibold">{text.versions.one(number)}</span>
            {environments.map((environment) => (
              <Badge key={environment} tone={environment === 'prod' ? 'thread' : 'marigold'}>
                {text.versions.environments[environment]}
              </Badge>
            ))}
          </p>
          <p className="text-xs text-faded">
            {who && `${who} · `}
            <time dateTime={version.published_at} title={fullTime(version.published_at)}>
              {timeAgo(version.published_at)}
            </time>
          </p>
        </div>
        {next && may(session, 'apps.publish', app.id) && (
          <Button
            size="small"
            disabled={promote.isPending}
            aria-label={text.versions.promoteOf(number, text.versions.environments[next])}
            onClick={() => promote.mutate(next)}
          >
            {text.versions.promote(text.versions.environments[next])}
          </Button>
        )}
        {may(session, 'apps.edit', app.id) && (
          <ConfirmButton
            sure={text.versions.restoreSure}
            label={text.versions.one(number)}
            disabled={restore.isPending}
            onConfirm={() => restore.mutate()}
          >
            {text.versions.restore}
          </ConfirmButton>
        )}
      </div>
      {version.notes && <p className="whitespace-pre-line wrap-anywhere">{version.notes}</p>}
      {error && <Trouble error={error} />}
    </div>
  )
}
