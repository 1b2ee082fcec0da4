import { ChevronRight } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { useModelsOf } from '@/api/queries'
import type { ModelInfo, ProviderInfo } from '@/api/types'
import { Badge } from '@/ui/Badge'
import { classes } from '@/ui/classes'
import { Loading } from '@/ui/Loading'
import { Trouble } from '@/ui/Trouble'
import { text } from '@/ui/text'
import { CredentialForm } from './CredentialForm'
import { CredentialRow } from './CredentialRow'
import { retirementOf } from './providers'

interface Props {
  provider: ProviderInfo
  open: boolean
  onOpen: (open: boolean) => void
}

export function ProviderRow({ provider, open, onOpen }: Props) {
  const row = useRef<HTMLLIElement>(null)
  const [opensHere] = useState(open)
  // One that is open from the beginning is what somebody came for, and may stand far down.
  useEffect(() => {
    if (opensHere) row.current?.scrollIntoView({ block: 'start' })
  }, [opensHere])
  return (
    <li ref={row} className="scroll-mt-4">
      <button
        type="button"
        aria-expanded={open}
        onClick={() => onOpen(!open)}
        className="flex w-full items-center gap-3 px-4 py-3 text-left hover:bg-well"
      >
        <ChevronRight
          aria-hidden
          size={16}
          className={classes('shrink-0 text-faded transition-transform', open && 'rotate-90')}
        />
        <span className="min-w-0 flex-1 font-medium wrap-anywhere">{provider.label}</span>
        <span className="text-xs text-faded tabular-nums max-sm:hidden">{count(provider)}</span>
        <Badge tone={provider.ready ? 'thread' : 'neutral'}>
          {provider.ready ? text.models.ready : text.models.notSetUp}
        </Badge>
      </button>
      {open && <Details provider={provider} />}
    </li>
  )
}

const count = ({ models, open_ended }: ProviderInfo): string =>
  models === 0 ? text.models.anyModel : text.models.count(models, open_ended)

function Details({ provider }: { provider: ProviderInfo }) {
  return (
    <div className="space-y-4 border-t border-line bg-paper px-4 py-4 sm:pl-11">
      {provider.from_env && <p className="text-sm text-faded">{text.models.fromEnvironment}</p>}
      {!provider.ready && <p className="text-sm text-faded">{whatToDo(provider)}</p>}
      {provider.credentials.length > 0 && (
        <ul className="divide-y divide-line rounded-[5px] border border-line bg-sheet">
          {provider.credentials.map((credential) => (
            <CredentialRow key={credential.id} credential={credential} />
          ))}
        </ul>
      )}
      {provider.fields.length > 0 && <CredentialForm provider={provider} />}
      {provider.models > 0 && <Models provider={provider.id} />}
    </div>
  )
}

/** The problem as the server tells it speaks of its environment; here there is a form below. */
const whatToDo = ({ fields, problem }: ProviderInfo): string | null =>
  fields.length > 0 ? text.models.fillIn : problem

function Models({ provider }: { provider: string }) {
  const models = useModelsOf(provider)
  if (models.isPending) return <Loading />
  if (models.error) return <Trouble error={models.error} onRetry={() => models.refetch()} />
  return (
    <ul className="grid gap-x-6 gap-y-2 sm:grid-cols-2">
      {models.data.data
        .filter(({ id }) => !id.endsWith('/*'))
        .map((model) => (
          <ModelLine key={model.id} model={model} />
        ))}
    </ul>
  )
}

function ModelLine({ model }: { model: ModelInfo }) {
  return (
    <li className="min-w-0 text-sm">
      <p className="font-medium wrap-anywhere">{model.label}</p>
      <p className="font-mono text-xs wrap-anywhere text-faded">{model.id}</p>
      <p className="text-xs text-faded tabular-nums">{facts(model)}</p>
      {model.retires && <p className="text-xs text-marigold">{retirementOf(model.retires, new Date())}</p>}
    </li>
  )
}

const facts = ({ type, context_size }: ModelInfo): string =>
  [text.models.types[type] ?? type, context_size === null ? null : text.models.context(context_size.toLocaleString())]
    .filter(Boolean)
    .join(' · ')
