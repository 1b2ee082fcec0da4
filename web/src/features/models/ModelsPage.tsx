import { Download } from 'lucide-react'
import { useState } from 'react'
import { useLocalModels, useModels } from '@/api/queries'
import type { LocalModel, ModelInfo } from '@/api/types'
import { Badge, type Tone } from '@/ui/Badge'
import { Button } from '@/ui/Button'
import { Loading } from '@/ui/Loading'
import { Trouble } from '@/ui/Trouble'
import { text } from '@/ui/text'
import { usePageTitle } from '@/ui/usePageTitle'
import { fetchWeights } from './fetching'
import { DownloadProgress, LocalFacts } from './LocalFacts'

export default function ModelsPage() {
  usePageTitle(text.models.title)
  return (
    <div className="mx-auto w-full max-w-5xl space-y-8 px-4 py-7 sm:px-6">
      <div className="space-y-1">
        <h1 className="text-3xl">{text.models.title}</h1>
        <p className="text-faded">{text.models.lead}</p>
      </div>
      <LocalSection />
      <OtherSection />
    </div>
  )
}

function LocalSection() {
  const locals = useLocalModels()
  if (locals.error) return <Trouble error={locals.error} onRetry={() => locals.refetch()} />
  if (!locals.data?.data.length) return null
  return (
    <section aria-labelledby="local" className="space-y-3">
      <h2 id="local" className="text-xl">
        {text.models.local}
      </h2>
      <ul className="grid gap-4 md:grid-cols-2">
        {locals.data.data.map((local) => (
          <LocalCard key={local.model} local={local} />
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

function LocalCard({ local }: { local: LocalModel }) {
  const [error, setError] = useState<Error | null>(null)
  const fetch = () => fetchWeights(local.model).then(() => setError(null), setError)
  return (
    <li className="flex overflow-hidden rounded-[5px] border border-line bg-sheet shadow-sheet">
      <div aria-hidden className="selvage dye-model w-2.5 shrink-0" />
      <div className="min-w-0 flex-1 space-y-3 p-4">
        <div className="flex justify-between gap-3 max-sm:flex-col-reverse">
          <LocalFacts local={local} />
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

/** Those of this machine stand above, with what can be done about them; the test doubles come last. */
function OtherSection() {
  const models = useModels()
  if (models.isPending) return <Loading />
  if (models.error) return <Trouble error={models.error} onRetry={() => models.refetch()} />
  const others = models.data.data.filter(({ provider }) => provider !== 'local')
  const sorted = others.toSorted((one, other) => Number(one.provider === 'debug') - Number(other.provider === 'debug'))
  return (
    <section aria-labelledby="other" className="space-y-3">
      <h2 id="other" className="text-xl">
        {text.models.other}
      </h2>
      {sorted.length === 0 && <p className="text-faded">{text.models.none}</p>}
      <ul className="divide-y divide-line overflow-hidden rounded-[5px] border border-line bg-sheet">
        {sorted.map((model) => (
          <ModelRow key={model.id} model={model} />
        ))}
      </ul>
    </section>
  )
}

function ModelRow({ model }: { model: ModelInfo }) {
  return (
    <li className="grid items-center gap-x-4 gap-y-1 px-4 py-3 sm:grid-cols-[1fr_auto_auto]">
      <div className="min-w-0">
        <p className="font-medium">{model.label || model.id}</p>
        <p className="truncate font-mono text-xs text-faded">{model.id}</p>
        {model.problem && <p className="mt-0.5 text-sm text-marigold">{model.problem}</p>}
      </div>
      <span className="text-xs text-faded tabular-nums">
        {model.context_size !== null && text.models.context(model.context_size.toLocaleString())}
      </span>
      <Badge tone={model.ready ? 'thread' : 'neutral'} className="justify-self-start">
        {model.ready ? text.models.ready : text.models.notReady}
      </Badge>
    </li>
  )
}
