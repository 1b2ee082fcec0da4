/** Pause, resume and stop the run on the screen. */

import { useCallback, useEffect, useState } from 'react'
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
  const [asked, setAsked] = useState(false)
  const running = useLive(({ view }) => view.status === 'running')
  const turn = useLive(({ view }) => turnOf(view, asked))
  const shown = useLive(({ run }) => run?.id)
  // biome-ignore lint/correctness/useExhaustiveDependencies: another run has not been asked anything
  useEffect(() => setAsked(false), [running, shown])
  const tell = useCallback(
    async (say: (id: string) => Promise<unknown>) => {
      const { run } = store.getState()
      if (!run) return
      try {
        await say(run.id)
        store.wake()
      } catch (error) {
        setAsked(false)
        toast((error as Error).message, 'error')
      }
    },
    [store],
  )
  const pause = useCallback(() => {
    setAsked(true)
    return tell(api.pauseRun)
  }, [tell])
  const resume = useCallback(() => tell(api.resumeRun), [tell])
  const stop = useCallback(() => tell(api.stopRun), [tell])
  return { turn, pause, resume, stop }
}

export function turnOf(view: RunView, asked: boolean): Turn {
  if (view.status === 'running') return asked ? 'pausing' : 'pause'
  return restsOnRequest(view) ? 'resume' : null
}
