import { useState } from 'react'
import { Link } from 'react-router'
import { useProviders } from '@/api/queries'
import type { AppOverview, ModelBinding } from '@/api/types'
import { modelsAddress } from '@/features/models/address'
import { Notice } from '@/ui/Notice'
import { text } from '@/ui/text'
import { recall, remember } from './dismissed'

/** Said once: a notice that was read and closed does not come back for this app. With `keep` it cannot be closed. */
export function StandIns({ app, keep = false }: { app: AppOverview; keep?: boolean }) {
  const told = stoodIn(app.models)
  const name = `loomwork.notice.${app.id}.${told.map(({ notice }) => notice).join('|')}`
  const [closed, setClosed] = useState(() => recall(name))
  if (closed || !told.length) return null
  const dismiss = () => {
    remember(name)
    setClosed(true)
  }
  return <StandInNotice models={told} onDismiss={keep ? undefined : dismiss} />
}

export const stoodIn = (models: readonly ModelBinding[]): ModelBinding[] => models.filter(({ notice }) => notice)

interface NoticeProps {
  models: readonly ModelBinding[]
  onDismiss?: () => void
}

function StandInNotice({ models, onDismiss }: NoticeProps) {
  return (
    <Notice title={text.app.standIn} onDismiss={onDismiss}>
      <StandInList models={models} />
    </Notice>
  )
}

/** What was told of its models when a run began, in the words of the app's page. */
export function ToldOfModels({ models, notices }: { models: readonly ModelBinding[]; notices: readonly string[] }) {
  const told = stoodIn(models).filter(({ notice }) => notice !== null && notices.includes(notice))
  return (
    <>
      {told.length > 0 && <StandInNotice models={told} />}
      <Blind models={models.filter(({ blind }) => blind !== null && notices.includes(blind))} />
    </>
  )
}

function StandInList({ models }: { models: readonly ModelBinding[] }) {
  const providers = useProviders()
  const labelOf = (id: string) => providers.data?.data.find((provider) => provider.id === id)?.label ?? id
  const unknown = [...new Set(models.flatMap(({ provider, notice }) => (provider === null && notice ? [notice] : [])))]
  return (
    <>
      {byProvider(models).map(({ provider, names, answering }) => (
        <p key={`${provider} ${answering}`}>
          {text.app.standInFor(names, labelOf(provider), answering)}{' '}
          <Link to={modelsAddress(provider)} className="text-thread underline underline-offset-2">
            {text.app.setUp(labelOf(provider))}
          </Link>
        </p>
      ))}
      {unknown.map((notice) => (
        <p key={notice}>{notice}</p>
      ))}
    </>
  )
}

interface StandIn {
  provider: string
  names: string[]
  answering: string
}

/** One for all models of a provider that the same model answers for. */
function byProvider(models: readonly ModelBinding[]): StandIn[] {
  const found = new Map<string, StandIn>()
  for (const { provider, name, model } of models) {
    if (provider === null || model === null) continue
    const answering = model.replace(/^local\//, '')
    const known = found.get(`${provider} ${answering}`) ?? { provider, names: [], answering }
    if (!known.names.includes(name)) known.names.push(name)
    found.set(`${provider} ${answering}`, known)
  }
  return [...found.values()]
}

/** What no model of the app will see, said before a run ends for it. */
export function Blind({ models }: { models: readonly ModelBinding[] }) {
  const told = blindOf(models)
  if (!told.length) return null
  return (
    <Notice kind="warning" title={text.app.blind}>
      <BlindList told={told} />
    </Notice>
  )
}

export const blindOf = (models: readonly ModelBinding[]): string[] => [
  ...new Set(models.flatMap(({ blind }) => blind ?? [])),
]

export function BlindList({ told }: { told: readonly string[] }) {
  return (
    <>
      {told.map((sentence) => (
        <p key={sentence}>{sentence}</p>
      ))}
      <p>{text.app.blindHelp}</p>
    </>
  )
}
