import { Download } from 'lucide-react'
import { useState } from 'react'
import { useLocalModels, useModelsOf } from '@/api/queries'
import type { LocalModel, ModelInfo } from '@/api/types'
import { Badge, type Tone } from '@/ui/Badge'
import { Button } from '@/ui/Button'
import { Trouble } from '@/ui/Trouble'
import { text } from '@/ui/text'
import { usePageTitle } from '@/ui/usePageTitle'
import { fetchWeights } from './fetching'
import { DownloadProgress, LocalFacts } from './LocalFacts'
import { ProvidersSection } from './ProvidersSection'

export default function ModelsPage() {
  usePageTitle(text.models.title)
  return (
    <div className="mx-auto w-full max-w-5xl space-y-8 px-4 py-7 sm:px-6">
      <div className="space-y-1">
        <h1 className="text-3xl">{text.models.title}</h1>
        <p className="text-faded">{text.models.lead}</p>
      </div>
      <LocalSection />
      <ProvidersSection />
    </div>
  )
}

function LocalSection() {
  const locals = useLocalModels()
  const models = useModelsOf('local')
  if (locals.error) return <Trouble error={locals.error} onRetry={() => locals.refetch()} />
  if (!locals.data?.data.length) return null
  return (
    <section aria-labelledby="local" className="space-y-3">
      <h2 id="local" className="text-xl">
        {text.models.local}
      </h2>
      <ul className="grid gap-4 md:grid-cols-2">
        {locals.data.data.map((local) => (
          <LocalCard key={local.model} local={local} info={models.data?.data.find(({ id }) => id === local.model)} />
        ))}
      </ul>
    </section>
  )
}

const TONES: Record<LocalModel['state'], Tone> = {
  absent: 'neutral',
  fetching: 'marigold',
  ready: 'thread',
  failed: 'madder',
}

function LocalCard({ local, info }: { local: LocalModel; info: ModelInfo | undefined }) {
  const [error, setError] = useState<Error | null>(null)
  const fetch = () => fetchWeights(local.model).then(() => setError(null), setError)
  return (
    <li className="flex overflow-hidden rounded-[5px] border border-line bg-sheet shadow-sheet">
      <div aria-hidden className="selvage dye-model w-2.5 shrink-0" />
      <div className="min-w-0 flex-1 space-y-3 p-4">
        <div className="flex justify-between gap-3 max-sm:flex-col-reverse">
          <LocalFacts local={local} info={info} />
          <Badge tone={TONES[local.state]} className="self-start">
            {text.models.states[local.state]}
          </Badge>
        </div>
        <DownloadProgress local={local} error={error} />
        {(local.state === 'absent' || local.state === 'failed') && (
          <Button size="small" icon={<Download size={14} aria-hidden />} onClick={fetch}>
            {local.state === 'failed' ? text.common.retry : text.models.download}
          </Button>
        )}
      </div>
    </li>
  )
}
