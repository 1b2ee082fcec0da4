import { useCallback, useEffect, useState } from 'react'
import { api } from '@/api/endpoints'
import { queries, useLocalModels } from '@/api/queries'
import type { LocalModel, ModelBinding } from '@/api/types'
import { Button } from '@/ui/Button'
import { Dialog } from '@/ui/Dialog'
import { text } from '@/ui/text'
import { fetchWeights } from './fetching'
import { DownloadProgress, LocalFacts } from './LocalFacts'

interface Question {
  model: string
  answer: (goOn: boolean) => void
}

/** Before a run: if a local model must answer and its weights are not here, ask, fetch, and only then go on. */
export function useModelGate(models: readonly ModelBinding[]) {
  const [question, setQuestion] = useState<Question | null>(null)
  const ensure = useCallback(async () => {
    const missing = await missingWeights(models)
    return missing === null || new Promise<boolean>((answer) => setQuestion({ model: missing.model, answer }))
  }, [models])
  const settle = useCallback(
    (goOn: boolean) => {
      question?.answer(goOn)
      setQuestion(null)
    },
    [question],
  )
  return { ensure, gate: question && <GateDialog model={question.model} onSettle={settle} /> }
}

async function missingWeights(models: readonly ModelBinding[]): Promise<LocalModel | null> {
  const answering = models.flatMap(({ model }) => (model?.startsWith('local/') ? [model] : []))
  if (!answering.length) return null
  const { data } = await queries.fetchQuery({ queryKey: ['models', 'local'], queryFn: api.localModels, staleTime: 0 })
  return data.find((local) => answering.some((model) => isSame(model, local.model)) && local.state !== 'ready') ?? null
}

const isSame = (answering: string, local: string): boolean => answering === local || answering === `local/${local}`

function GateDialog({ model, onSettle }: { model: string; onSettle: (goOn: boolean) => void }) {
  const locals = useLocalModels()
  const [error, setError] = useState<Error | null>(null)
  const local = locals.data?.data.find((entry) => entry.model === model)
  const ready = local?.state === 'ready'
  useEffect(() => {
    if (ready) onSettle(true)
  }, [ready, onSettle])
  if (!local) return null
  const fetch = () => fetchWeights(local.model).then(() => setError(null), setError)
  return (
    <Dialog
      open
      onClose={() => onSettle(false)}
      title={titleOf(local)}
      description={local.state === 'absent' ? text.models.ask : undefined}
      footer={
        <>
          <Button onClick={() => onSettle(false)}>{text.common.cancel}</Button>
          {local.state !== 'fetching' && (
            <Button look="primary" onClick={fetch}>
              {local.state === 'failed' ? text.models.askRetry : text.models.askYes}
            </Button>
          )}
        </>
      }
    >
      <LocalFacts local={local} />
      <DownloadProgress local={local} error={error} />
    </Dialog>
  )
}

function titleOf({ state }: LocalModel): string {
  if (state === 'failed') return text.models.failedTitle
  return state === 'absent' ? text.models.askTitle : text.models.fetchingTitle
}
