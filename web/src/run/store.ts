/** One run on the screen: its view, its link to the server, and the ways to attach, watch and let go. */

import { createContext, useContext } from 'react'
import { createStore, type StoreApi, useStore } from 'zustand'
import { api } from '@/api/endpoints'
import type { Run } from '@/api/types'
import { createBatcher, type Schedule } from './batch'
import type { RunEvent } from './events'
import { createRest, followRun, type LinkState } from './follow'
import { applyEvents, idleView, type RunView, viewOfRun } from './view'

export interface LiveRun {
  run: Run | null
  view: RunView
  link: LinkState | 'idle'
  /** It was asked here to pause, and is not at rest yet. */
  pausing: boolean
  /** What made following impossible. */
  trouble: Error | null
}

export interface RunStore extends StoreApi<LiveRun> {
  /** Show this run and follow it to its end; resolves when it has ended or another took its place. */
  attach: (run: Run) => Promise<void>
  detach: () => void
  /** The run was told to go on: ask after it now, not when its rest is over. */
  wake: () => void
  clear: () => void
}

interface Parts {
  schedule?: Schedule
  follow?: typeof followRun
  read?: (runId: string) => Promise<Run>
}

const EMPTY: LiveRun = { run: null, view: idleView, link: 'idle', pausing: false, trouble: null }

export function createRunStore({ schedule, follow = followRun, read = api.run }: Parts = {}): RunStore {
  const store = createStore<LiveRun>(() => EMPTY)
  let current: AbortController | null = null
  const { rest, wake } = createRest()
  const batcher = createBatcher<RunEvent>(
    (events) => store.setState((live) => ({ view: applyEvents(live.view, events) })),
    schedule,
  )
  const detach = () => {
    current?.abort()
    current = null
    batcher.cancel()
  }
  const attach = async (run: Run) => {
    detach()
    const mine = new AbortController()
    current = mine
    store.setState({
      run,
      view: { ...idleView, status: run.status },
      link: 'connecting',
      pausing: false,
      trouble: null,
    })
    try {
      await follow({
        runId: run.id,
        signal: mine.signal,
        rest,
        onEvents: batcher.add,
        onLink: (link) => store.setState({ link }),
      })
      if (!mine.signal.aborted) batcher.flush()
    } catch (error) {
      // The events may be gone while the record is still there: show what the record knows.
      const record = await read(run.id).catch(() => run)
      if (!mine.signal.aborted) store.setState({ view: viewOfRun(record), trouble: error as Error, link: 'ended' })
    }
  }
  const clear = () => {
    detach()
    store.setState(EMPTY)
  }
  return Object.assign(store, { attach, detach, wake, clear })
}

const RunContext = createContext<RunStore | null>(null)
export const RunProvider = RunContext.Provider

/** A part of the run on the screen. Components that read little are drawn little. */
export function useLive<T>(select: (live: LiveRun) => T): T {
  return useStore(useRunStore(), select)
}

export function useRunStore(): RunStore {
  const store = useContext(RunContext)
  if (!store) throw new Error('A run is shown outside of a RunProvider.')
  return store
}
