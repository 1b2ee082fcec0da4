/** What the pages of versions and logs read. */

import { useQuery } from '@tanstack/react-query'
import { type LogFilter, life, type VersionOrDraft } from './life'
import { usePages } from './queries'

export const useVersions = (appId: string) =>
  usePages(['versions', appId], async (after) => {
    const page = await life.versions(appId, after)
    return { ...page, data: page.data.map((version) => ({ ...version, id: String(version.number) })) }
  })

export const useDifference = (appId: string, older: VersionOrDraft | null, newer: VersionOrDraft) =>
  useQuery({
    queryKey: ['difference', appId, older, newer],
    queryFn: () => life.difference(appId, older ?? newer, newer),
    enabled: older !== null && older !== newer,
    staleTime: 0,
  })

export const useLoggedRuns = (filter: LogFilter) =>
  usePages(['logs', 'runs', filter], (after) => life.runs(filter, after))
export const useLoggedMessages = (filter: LogFilter) =>
  usePages(['logs', 'messages', filter], (after) => life.messages(filter, after))
