import type { LocalModel, ModelInfo } from '@/api/types'
import { bytes } from '@/ui/format'
import { Notice } from '@/ui/Notice'
import { Progress } from '@/ui/Progress'
import { text } from '@/ui/text'
import { fileOf } from './fetching'

/** What one should know before fetching weights. */
export function LocalFacts({ local, info }: { local: LocalModel; info?: ModelInfo }) {
  const file = fileOf(local.source)
  const facts = [
    ...(info ? [[text.models.kind, text.models.types[info.type] ?? info.type]] : []),
    file === null ? [text.models.from, local.source] : [text.models.file, file],
    [text.models.size, bytes(local.size)],
    [text.models.licence, local.licence],
  ]
  return (
    <div className="space-y-2">
      <p className="font-mono text-sm font-semibold">{local.model}</p>
      <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1 text-sm">
        {facts.map(([term, value]) => (
          <div key={term} className="contents">
            <dt className="text-faded">{term}</dt>
            <dd className="wrap-anywhere" title={value === file ? local.source : undefined}>
              {value}
            </dd>
          </div>
        ))}
      </dl>
    </div>
  )
}

export function DownloadProgress({ local, error }: { local: LocalModel; error?: Error | null }) {
  if (local.state === 'failed') return <Notice kind="error">{local.problem ?? text.models.states.failed}</Notice>
  if (error) return <Notice kind="error">{error.message}</Notice>
  if (local.state !== 'fetching') return null
  return (
    <div className="space-y-1.5">
      <Progress value={local.size > 0 ? local.fetched / local.size : null} label={text.models.downloading} />
      <p className="text-sm text-faded tabular-nums">{text.models.of(bytes(local.fetched), bytes(local.size))}</p>
    </div>
  )
}
