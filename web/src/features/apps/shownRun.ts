/** The run of a workflow page: the one that its address names. */

import { useEffect, useEffectEvent, useState } from 'react'
import { ApiError } from '@/api/client'
import { api } from '@/api/endpoints'
import { refreshRuns } from '@/api/queries'
import type { Run } from '@/api/types'
import { useRunStore } from '@/run/store'
import { text } from '@/ui/text'
import { useAddress } from './address'

interface ShownRun {
  /** Why the run of the address cannot be shown. */
  error: Error | null
  retry: () => void
  /** This run is shown from now on; it was begun here. */
  show: (run: Run) => void
}

/** Takes up the run that the address names, wherever it stands, and hands over its record. */
export function useShownRun(appId: string, onTaken: (run: Run) => void): ShownRun {
  const store = useRunStore()
  const { value: wanted, settle } = useAddress('run')
  const [error, setError] = useState<Error | null>(null)
  const [attempt, setAttempt] = useState(0)
  const take = useEffectEvent((run: Run) => {
    onTaken(run)
    void store.attach(run).finally(refreshRuns)
  })
  // biome-ignore lint/correctness/useExhaustiveDependencies: another attempt reads the same run again
  useEffect(() => {
    setError(null)
    if (wanted === (store.getState().run?.id ?? null)) return
    store.clear()
    if (wanted === null) return
    let left = false
    runOf(appId, wanted).then(
      (run) => left || take(run),
      (failure) => left || setError(failure),
    )
    return () => {
      left = true
    }
  }, [appId, wanted, attempt, store])
  return { error, retry: () => setAttempt(attempt + 1), show: (run) => settle(run.id) }
}

async function runOf(appId: string, id: string): Promise<Run> {
  const run = await api.run(id)
  if (run.app_id !== appId) throw new ApiError(404, 'not_found', text.runs.missing)
  return run
}
