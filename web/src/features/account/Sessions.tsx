import { useMutation } from '@tanstack/react-query'
import { type PersonSession, people } from '@/api/people'
import { refresh, usePersonSessions } from '@/api/workspaceQueries'
import { Badge } from '@/ui/Badge'
import { Button } from '@/ui/Button'
import { fullTime, timeAgo } from '@/ui/format'
import { Loading } from '@/ui/Loading'
import { Section } from '@/ui/Section'
import { Trouble } from '@/ui/Trouble'
import { text } from '@/ui/text'
import { toast } from '@/ui/toast'
import { browserName } from './agent'

/** The browsers that one is signed in with. */
export function Sessions() {
  const sessions = usePersonSessions()
  const again = () => refresh('me')
  const end = useMutation({ mutationFn: people.endSession, onSuccess: again })
  const endOthers = useMutation({
    mutationFn: people.endOtherSessions,
    onSuccess: async ({ ended }) => {
      await again()
      toast(text.account.ended(ended))
    },
  })
  if (sessions.isPending) return <Loading />
  if (!sessions.data) return <Trouble error={sessions.error} onRetry={() => sessions.refetch()} />
  const all = sessions.data.data
  const error = end.error ?? endOthers.error
  return (
    <Section title={text.account.sessions} lead={text.account.sessionsLead}>
      <ul
        aria-label={text.account.sessions}
        className="divide-y divide-line rounded-[5px] border border-line bg-sheet shadow-sheet"
      >
        {all.map((session) => (
          <li key={session.id} className="flex flex-wrap items-center gap-x-3 gap-y-1 px-4 py-3 text-sm">
            <SessionWords session={session} />
            {session.current ? (
              <Badge tone="thread">{text.account.current}</Badge>
            ) : (
              <Button size="small" look="quiet" disabled={end.isPending} onClick={() => end.mutate(session.id)}>
                {text.account.end}
              </Button>
            )}
          </li>
        ))}
      </ul>
      {error && <Trouble error={error} />}
      {all.length > 1 && (
        <Button size="small" disabled={endOthers.isPending} onClick={() => endOthers.mutate()}>
          {text.account.endOthers}
        </Button>
      )}
    </Section>
  )
}

function SessionWords({ session }: { session: PersonSession }) {
  return (
    <div className="min-w-0 flex-1 basis-48">
      <p className="font-medium" title={session.agent ?? undefined}>
        {browserName(session.agent) ?? text.account.unknownBrowser}
      </p>
      <p className="text-xs text-faded">
        {text.account.how[session.how]}
        {session.address && ` · ${session.address}`} ·{' '}
        <time dateTime={session.created_at} title={fullTime(session.created_at)}>
          {timeAgo(session.created_at)}
        </time>
      </p>
    </div>
  )
}
