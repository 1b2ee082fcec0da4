import { ChevronLeft, UploadCloud } from 'lucide-react'
import { useState } from 'react'
import { Link, useParams } from 'react-router'
import { isMissing } from '@/api/client'
import { useVersions } from '@/api/lifeQueries'
import { may } from '@/api/may'
import { useApp, useSession } from '@/api/queries'
import type { AppOverview } from '@/api/types'
import { PageHead } from '@/features/workspace/PageHead'
import { useNames } from '@/features/workspace/useNames'
import { NotFound } from '@/shell/NotFound'
import { Button } from '@/ui/Button'
import { Listing } from '@/ui/Listing'
import { Loading } from '@/ui/Loading'
import { Trouble } from '@/ui/Trouble'
import { text } from '@/ui/text'
import { Compare } from './Compare'
import { PublishDialog } from './PublishDialog'
import { VersionRow } from './VersionRow'

/** What became of an app's draft: its frozen versions, and where each of them stands. */
export default function VersionsPage() {
  const { id = '' } = useParams()
  const app = useApp(id)
  if (app.isPending) return <Loading />
  if (isMissing(app.error)) return <NotFound title={text.app.missing} body={text.app.missingHelp} />
  if (!app.data) return <Trouble error={app.error} onRetry={() => app.refetch()} />
  return <Versions app={app.data} />
}

function Versions({ app }: { app: AppOverview }) {
  const { data: session } = useSession()
  const versions = useVersions(app.id)
  const nameOf = useNames()
  const [publishing, setPublishing] = useState(false)
  const numbers = versions.data?.pages.flatMap(({ data }) => data.map(({ number }) => number)) ?? []
  return (
    <div className="mx-auto w-full max-w-4xl space-y-6 px-4 py-6 sm:px-6">
      <Link to={`/apps/${app.id}`} className="inline-flex items-center gap-1 text-sm text-faded hover:text-ink">
        <ChevronLeft size={16} aria-hidden />
        {app.name}
      </Link>
      <PageHead title={text.versions.title} lead={text.versions.lead}>
        {may(session, 'apps.publish', app.id) && (
          <Button look="primary" icon={<UploadCloud size={16} aria-hidden />} onClick={() => setPublishing(true)}>
            {text.versions.publish}
          </Button>
        )}
      </PageHead>
      <Listing
        label={text.versions.title}
        pages={versions}
        empty={text.versions.none}
        row={(version) => <VersionRow app={app} version={version} session={session} nameOf={nameOf} />}
      />
      {numbers.length > 0 && <Compare appId={app.id} numbers={numbers} />}
      <PublishDialog
        appId={app.id}
        published={app.published_version}
        open={publishing}
        onClose={() => setPublishing(false)}
      />
    </div>
  )
}
