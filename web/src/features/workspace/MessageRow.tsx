import { useMutation } from '@tanstack/react-query'
import { ThumbsDown, ThumbsUp } from 'lucide-react'
import { Link } from 'react-router'
import { type LoggedMessage, life, type Rating } from '@/api/life'
import { may } from '@/api/may'
import { useSession } from '@/api/queries'
import { refresh } from '@/api/workspaceQueries'
import { StatusLine } from '@/run/StatusMark'
import type { RunView } from '@/run/view'
import { Badge } from '@/ui/Badge'
import { IconButton } from '@/ui/Button'
import { duration, fullTime, timeAgo } from '@/ui/format'
import { Trouble } from '@/ui/Trouble'
import { text } from '@/ui/text'

/** A turn of a conversation: what was asked and answered, and what people think of it. */
export function MessageRow({
  message,
  appName,
  nameOf,
}: {
  message: LoggedMessage
  appName: string | undefined
  nameOf: (id: string) => string | null
}) {
  const facts = [
    appName,
    nameOf(message.end_user) ?? message.end_user,
    versionOf(message),
    duration(message.elapsed_ms),
  ]
  return (
    <div className="space-y-1.5 px-4 py-3 text-sm">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <StatusLine status={message.status as RunView['status']} />
        <span className="min-w-0 flex-1 basis-40 text-xs wrap-anywhere text-faded">
          {facts.filter(Boolean).join(' · ')}
        </span>
        <Link to={`/runs/${message.run_id}`} className="text-xs text-thread underline">
          {text.run.openRun}
        </Link>
        <time dateTime={message.created_at} title={fullTime(message.created_at)} className="text-xs text-faded">
          {timeAgo(message.created_at)}
        </time>
      </div>
      <p className="line-clamp-3 font-medium wrap-anywhere">{message.query}</p>
      <p className="line-clamp-4 whitespace-pre-line wrap-anywhere">{message.answer}</p>
      <Feedback message={message} />
    </div>
  )
}

const versionOf = ({ version }: LoggedMessage): string =>
  version === null ? text.runs.draft : text.runs.version(version)

function Feedback({ message }: { message: LoggedMessage }) {
  const { data: session } = useSession()
  const own = message.feedback.find(({ source, author }) => source === 'member' && author === session?.actor.id)
  const rate = useMutation({
    mutationFn: (rating: Rating) => life.rate(message.id, own?.rating === rating ? null : rating),
    onSuccess: () => refresh('logs'),
  })
  const others = message.feedback.filter((each) => each !== own)
  return (
    <div className="flex flex-wrap items-center gap-2">
      {may(session, 'runs.act', message.app_id) && (
        <>
          <IconButton
            label={text.logs.like}
            aria-pressed={own?.rating === 'like'}
            className="size-8 aria-pressed:text-thread"
            disabled={rate.isPending}
            onClick={() => rate.mutate('like')}
          >
            <ThumbsUp size={15} aria-hidden fill={own?.rating === 'like' ? 'currentColor' : 'none'} />
          </IconButton>
          <IconButton
            label={text.logs.dislike}
            aria-pressed={own?.rating === 'dislike'}
            className="size-8 aria-pressed:text-madder"
            disabled={rate.isPending}
            onClick={() => rate.mutate('dislike')}
          >
            <ThumbsDown size={15} aria-hidden fill={own?.rating === 'dislike' ? 'currentColor' : 'none'} />
          </IconButton>
        </>
      )}
      {others.map(({ source, author, rating, content }) => (
        <Badge key={`${source} ${author}`} tone={rating === 'like' ? 'thread' : 'madder'}>
          {rating === 'like' ? text.logs.liked : text.logs.disliked}
          {content && `: ${content.slice(0, 80)}`}
        </Badge>
      ))}
      {rate.error && <Trouble error={rate.error} />}
    </div>
  )
}
