import { ChevronLeft, Download, KeyRound } from 'lucide-react'
import { useState } from 'react'
import { Link } from 'react-router'
import type { AppOverview } from '@/api/types'
import { Badge } from '@/ui/Badge'
import { Button, IconButton } from '@/ui/Button'
import { text } from '@/ui/text'
import { AccessDialog } from './AccessDialog'
import { AppIcon } from './AppIcon'
import { exportApp } from './exporting'
import { modeName } from './modes'
import { PublishButton } from './PublishButton'

export function AppHeader({ app }: { app: AppOverview }) {
  return (
    <div className="flex shrink-0 flex-wrap items-center gap-x-3 gap-y-2 border-b border-line bg-sheet px-3 py-2.5 sm:px-4">
      <Link
        to="/"
        aria-label={text.app.back}
        title={text.app.back}
        className="grid size-8 place-items-center rounded-[5px] text-faded hover:bg-well hover:text-ink"
      >
        <ChevronLeft size={19} />
      </Link>
      <AppIcon icon={app.icon} background={app.icon_background} name={app.name} className="size-9 text-lg" />
      <div className="min-w-0 flex-1">
        <h1 className="line-clamp-2 text-lg leading-tight wrap-anywhere max-sm:text-base">{app.name}</h1>
        <p className="flex items-center gap-2 overflow-hidden text-xs whitespace-nowrap text-faded">
          <span className="max-sm:hidden">{modeName(app.mode)}</span>
          {app.runnable && <VersionsLink app={app} />}
        </p>
      </div>
      <HeaderActions app={app} />
    </div>
  )
}

/** What is published, and the way to all that was. */
function VersionsLink({ app }: { app: AppOverview }) {
  const words = app.published_version === null ? text.app.draftOnly : text.app.version(app.published_version)
  return (
    <Link
      to={`/apps/${app.id}/versions`}
      title={text.versions.title}
      aria-label={`${text.versions.title}: ${words}`}
      className="rounded-tag hover:brightness-95"
    >
      <Badge tone={app.published_version === null ? 'neutral' : 'thread'}>{words}</Badge>
    </Link>
  )
}

function HeaderActions({ app }: { app: AppOverview }) {
  const [access, setAccess] = useState(false)
  return (
    <div className="flex items-center gap-1.5">
      <IconButton label={text.apps.export} onClick={() => exportApp(app)}>
        <Download size={17} />
      </IconButton>
      {app.runnable && (
        <>
          <Button
            size="small"
            icon={<KeyRound size={15} aria-hidden />}
            onClick={() => setAccess(true)}
            aria-label={text.app.access}
          >
            <span className="max-sm:hidden">{text.app.access}</span>
          </Button>
          <PublishButton appId={app.id} published={app.published_version} narrow />
          <AccessDialog app={app} open={access} onClose={() => setAccess(false)} />
        </>
      )}
    </div>
  )
}
