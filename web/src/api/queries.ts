/** Server state as React sees it: one hook per thing that is read. */

import { QueryClient, useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { chooseWorkspace, chosenWorkspace } from './chosen'
import { ApiError, isMissing } from './client'
import { useConnection } from './connection'
import { api } from './endpoints'
import type { Page } from './types'

export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      // The server is usually this very machine, which answers without any network.
      networkMode: 'always',
      staleTime: 15_000,
      // A refusal will be the same the next time; only an unreachable server is worth asking again.
      retry: (failures, error) => !(error instanceof ApiError) && failures < 2,
    },
    mutations: { networkMode: 'always' },
  },
})

const paged = <T>(key: readonly unknown[], read: (after: string | null) => Promise<Page<T>>) => ({
  queryKey: key,
  queryFn: ({ pageParam }: { pageParam: string | null }) => read(pageParam),
  initialPageParam: null,
  // Lists that are never long come whole, without a word of a next page.
  getNextPageParam: (last: Page<T>) => last.next ?? null,
})

export const usePages = <T>(
  key: readonly unknown[],
  read: (after: string | null) => Promise<Page<T>>,
  enabled = true,
) => useInfiniteQuery({ ...paged(key, read), enabled })

const WHILE_AWAY_MS = 3000

/** Who we are; asked again every few seconds while the server is away, which is how its return is noticed. */
export const useSession = () =>
  useQuery({
    queryKey: ['session'],
    queryFn: readSession,
    staleTime: 60_000,
    refetchInterval: () => (useConnection.getState().reachable ? false : WHILE_AWAY_MS),
  })

/** A workspace that was chosen once and is closed to us by now is given up for one that is not. */
async function readSession() {
  try {
    return await api.session()
  } catch (error) {
    if (!isMissing(error) || chosenWorkspace() === null) throw error
    chooseWorkspace(null)
    return api.session()
  }
}

/** Read again what could not be read while the server was away. */
export const refreshFailed = () =>
  queries.refetchQueries({ type: 'active', predicate: ({ state }) => state.status === 'error' })

export const useApps = (search: string) =>
  useInfiniteQuery(paged(['apps', 'list', search], (after) => api.apps(search, after)))

export const useApp = (id: string, enabled = true) =>
  useQuery({ queryKey: ['apps', 'one', id], queryFn: () => api.app(id), enabled })

export const useStarters = () => useQuery({ queryKey: ['starters'], queryFn: api.starters, staleTime: Infinity })

export const useKeys = (appId: string, enabled: boolean) =>
  usePages(['keys', appId], (after) => api.keys(appId, after), enabled)

export const useRuns = (appId: string | null) =>
  useInfiniteQuery({ ...paged(['runs', 'list', appId], (after) => api.runs(appId, after)), staleTime: 0 })

export const useRun = (id: string) =>
  useQuery({ queryKey: ['runs', 'one', id], queryFn: () => api.run(id), staleTime: 0 })

export const useRunGraph = (id: string) =>
  useQuery({ queryKey: ['runs', 'graph', id], queryFn: () => api.runGraph(id), staleTime: Infinity })

export const useConversations = (appId: string) =>
  useQuery({ queryKey: ['conversations', appId], queryFn: () => api.conversations(appId), staleTime: 0 })

export const useProviders = () => useQuery({ queryKey: ['providers'], queryFn: api.providers })

export const useModelsOf = (provider: string) =>
  useQuery({ queryKey: ['models', 'of', provider], queryFn: () => api.modelsOf(provider) })

/** After a credential has come, changed or gone: which providers and models can be called, and by which apps. */
export const refreshModels = () => {
  for (const queryKey of [['providers'], ['models'], ['apps']]) queries.invalidateQueries({ queryKey })
}

const WHILE_FETCHING_MS = 500

/** Where the weights of local models stand; asked twice a second while any of them is being fetched. */
export const useLocalModels = (enabled = true) =>
  useQuery({
    queryKey: ['models', 'local'],
    queryFn: api.localModels,
    enabled,
    refetchInterval: ({ state }) =>
      state.data?.data.some((model) => model.state === 'fetching') ? WHILE_FETCHING_MS : false,
  })

const WHILE_WAITING_MS = 700

/** Whether a model of this machine is being loaded just now; asked only while somebody waits for words. */
export const useModelLoading = (waiting: boolean): boolean =>
  useQuery({
    queryKey: ['models', 'local'],
    queryFn: api.localModels,
    enabled: waiting,
    staleTime: 0,
    refetchInterval: WHILE_WAITING_MS,
    select: ({ data }) => data.some(({ memory }) => memory === 'loading'),
  }).data === true && waiting

export const refreshApps = () => queries.invalidateQueries({ queryKey: ['apps'] })
export const refreshRuns = () => queries.invalidateQueries({ queryKey: ['runs', 'list'] })
