/** Start runs from the page: model first, then the run, then its events. */

import { useCallback, useState } from 'react'
import { api } from '@/api/endpoints'
import { refreshRuns } from '@/api/queries'
import type { Run, RunRequest } from '@/api/types'
import { useRunStore } from './store'

interface Launch {
  starting: boolean
  error: Error | null
  /** Resolves with the run once it was accepted, or null where it was not. */
  launch: (request: RunRequest) => Promise<Run | null>
  clearError: () => void
}

export function useLaunch(ensureModel: () => Promise<boolean>): Launch {
  const store = useRunStore()
  const [starting, setStarting] = useState(false)
  const [error, setError] = useState<Error | null>(null)
  const launch = useCallback(
    async (request: RunRequest) => {
      setStarting(true)
      setError(null)
      try {
        if (!(await ensureModel())) return null
        const run = await api.startRun(request)
        void store.attach(run).finally(refreshRuns)
        return run
      } catch (failure) {
        setError(failure as Error)
        return null
      } finally {
        setStarting(false)
      }
    },
    [ensureModel, store],
  )
  return { starting, error, launch, clearError: useCallback(() => setError(null), []) }
}
