import { Download, EllipsisVertical, Trash2 } from 'lucide-react'
import { DropdownMenu } from 'radix-ui'
import { useState } from 'react'
import { Link } from 'react-router'
import { useApp } from '@/api/queries'
import type { AppSummary } from '@/api/types'
import { Badge } from '@/ui/Badge'
import { IconButton } from '@/ui/Button'
import { classes } from '@/ui/classes'
import { timeAgo } from '@/ui/format'
import { text } from '@/ui/text'
import { AppIcon } from './AppIcon'
import { DeleteDialog } from './DeleteDialog'
import { exportApp } from './exporting'
import { dyeOfMode, modeName } from './modes'
import { alwaysFails, stuckCount } from './problems'

export function AppCard({ app }: { app: AppSummary }) {
  const [deleting, setDeleting] = useState(false)
  return (
    <article className="group relative flex overflow-hidden rounded-[5px] border border-line bg-sheet shadow-sheet transition-[box-shadow,border-color,transform] hover:-translate-y-0.5 hover:border-seam hover:shadow-lift">
      <div aria-hidden className={classes('selvage w-2.5 shrink-0', dyeOfMode(app.mode))} />
      <div className="flex min-w-0 flex-1 flex-col gap-2.5 p-4">
        <div className="flex items-center gap-3 pr-8">
          <AppIcon icon={app.icon} background={app.icon_background} name={app.name} />
          <h3 className="line-clamp-2 min-w-0 text-[17px] leading-tight">
            <Link
              to={`/apps/${app.id}`}
              className="after:absolute after:inset-0 focus-visible:outline-none focus-visible:after:outline-2 focus-visible:after:-outline-offset-2 focus-visible:after:outline-thread"
            >
              {app.name}
            </Link>
          </h3>
        </div>
        <p className="line-clamp-4 min-h-10 text-sm leading-snug text-faded">
          {app.description || text.apps.noDescription}
        </p>
        <div className="mt-auto space-y-1.5 text-xs text-faded">
          <p className="flex items-center gap-2 whitespace-nowrap">
            <Badge>{modeName(app.mode)}</Badge>
            <span className="truncate">
              {app.node_count > 0 && `${text.apps.nodes(app.node_count)} · `}
              {timeAgo(app.updated_at)}
            </span>
            {app.published_version !== null && (
              <Badge tone="thread" className="ml-auto shrink-0">
                {text.apps.published(app.published_version)}
              </Badge>
            )}
          </p>
          <p className="empty:hidden">
            <Standing app={app} />
          </p>
        </div>
      </div>
      <CardMenu app={app} onDelete={() => setDeleting(true)} />
      <DeleteDialog app={app} open={deleting} onClose={() => setDeleting(false)} />
    </article>
  )
}

/** What keeps it from running, or how much else there is to know of it. Its graph is asked for only where it may matter. */
function Standing({ app }: { app: AppSummary }) {
  const { data } = useApp(app.id, app.runnable && app.warnings > 0)
  if (!app.runnable) return <Badge tone="marigold">{text.apps.cannotRun}</Badge>
  if (!data?.problems.length) return null
  if (alwaysFails(data)) return <Badge tone="marigold">{text.apps.cannotRun}</Badge>
  if (stuckCount(data.problems) > 0) return <Badge tone="marigold">{text.apps.runsInPart}</Badge>
  return <Badge tone="marigold">{text.apps.notes(data.problems.length)}</Badge>
}

const ITEM = 'flex items-center gap-2.5 rounded-tag px-3 py-2 text-sm outline-none data-highlighted:bg-well'

function CardMenu({ app, onDelete }: { app: AppSummary; onDelete: () => void }) {
  return (
    <DropdownMenu.Root>
      <DropdownMenu.Trigger asChild>
        <IconButton label={text.apps.actions(app.name)} className="absolute top-3 right-2">
          <EllipsisVertical size={17} />
        </IconButton>
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content
          align="end"
          className="rise z-30 min-w-44 rounded-[5px] border border-line bg-sheet p-1 shadow-lift"
        >
          <DropdownMenu.Item className={ITEM} onSelect={() => exportApp(app)}>
            <Download size={15} aria-hidden />
            {text.apps.export}
          </DropdownMenu.Item>
          <DropdownMenu.Item className={`${ITEM} text-madder`} onSelect={onDelete}>
            <Trash2 size={15} aria-hidden />
            {text.apps.delete}
          </DropdownMenu.Item>
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  )
}
