import { CircleAlert, Info, TriangleAlert, X } from 'lucide-react'
import type { ReactNode } from 'react'
import { IconButton } from './Button'
import { classes } from './classes'
import { text } from './text'

type Kind = 'info' | 'warning' | 'error'

const KINDS: Record<Kind, { look: string; icon: typeof Info }> = {
  info: { look: 'bg-thread-wash border-thread text-ink', icon: Info },
  warning: { look: 'bg-marigold-wash border-marigold-fill text-ink', icon: TriangleAlert },
  error: { look: 'bg-madder-wash border-madder text-ink', icon: CircleAlert },
}

interface Props {
  kind?: Kind
  title?: ReactNode
  children?: ReactNode
  onDismiss?: () => void
}

/** Something to be told, in its place on the page. */
export function Notice({ kind = 'info', title, children, onDismiss }: Props) {
  const { look, icon: Icon } = KINDS[kind]
  return (
    <div
      role={kind === 'error' ? 'alert' : 'status'}
      className={classes('rise flex gap-2.5 rounded-tag border-l-4 px-3 py-2.5 text-sm', look)}
    >
      <Icon aria-hidden size={17} className="mt-0.5 shrink-0" />
      <div className="min-w-0 flex-1 space-y-1 wrap-anywhere">
        {title && <p className="font-semibold">{title}</p>}
        {children}
      </div>
      {onDismiss && (
        <IconButton label={text.common.dismiss} onClick={onDismiss} className="-my-1.5 -mr-1.5 size-8">
          <X size={15} />
        </IconButton>
      )}
    </div>
  )
}
