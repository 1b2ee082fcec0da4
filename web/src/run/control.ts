/** Pause, resume and stop the run on the screen. */

import { useCallback, useEffect } from 'react'
import { api } from '@/api/endpoints'
import { toast } from '@/ui/toast'
import { useLive, useRunStore } from './store'
import { type RunView, restsOnRequest } from './view'

/** What a person may tell a run now, beside to stop. */
export type Turn = 'pause' | 'pausing' | 'resume' | null

interface Control {
  turn: Turn
  pause: () => Promise<void>
  resume: () => Promise<void>
  stop: () => Promise<void>
}

export function useControl(): Control {
  const store = useRunStore()
  const running = useLive(({ view }) => view.status === 'running')
  const turn = useLive(({ view, pausing }) => turnOf(view, pausing))
  useEffect(() => {
    if (!running) store.setState({ pausing: false })
  }, [running, store])
  const tell = useCallback(
    async (say: (id: string) => Promise<unknown>) => {
      const { run } = store.getState()
      if (!run) return
      try {
        await say(run.id)
        store.wake()
      } catch (error) {
        store.setState({ pausing: false })
        toast((error as Error).message, 'error')
      }
    },
    [store],
  )
  const pause = useCallback(() => {
    store.setState({ pausing: true })
    return tell(api.pauseRun)
  }, [store, tell])
  const resume = useCallback(() => tell(api.resumeRun), [tell])
  const stop = useCallback(() => tell(api.stopRun), [tell])
  return { turn, pause, resume, stop }
}

export function turnOf(view: RunView, pausing: boolean): Turn {
  if (view.status === 'running') return pausing ? 'pausing' : 'pause'
  return restsOnRequest(view) ? 'resume' : null
}
