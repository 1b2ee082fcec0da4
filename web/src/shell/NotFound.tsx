import { Link } from 'react-router'
import { buttonClasses } from '@/ui/Button'
import { EmptyState } from '@/ui/EmptyState'
import { LoomArt } from '@/ui/Logo'
import { text } from '@/ui/text'

export function NotFound({
  title = text.shell.lostTitle,
  body = text.shell.lostBody,
}: {
  title?: string
  body?: string
}) {
  return (
    <EmptyState title={title} art={<LoomArt className="w-80 max-w-full" />}>
      <p>{body}</p>
      <Link to="/" className={buttonClasses('primary')}>
        {text.shell.lostBack}
      </Link>
    </EmptyState>
  )
}
