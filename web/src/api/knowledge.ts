/** Knowledge bases, their documents, and what is found in them. */

import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { ask, queryString, sendFile } from './client'
import { queries, usePages } from './queries'
import type { Page } from './types'

const at = encodeURIComponent
const PAGE = 24
const WHILE_INDEXING_MS = 1000

export const DOCUMENT_STATES = ['waiting', 'parsing', 'splitting', 'embedding', 'indexed', 'paused', 'failed'] as const
export type DocumentState = (typeof DOCUMENT_STATES)[number]

/** Of the chunks that are searched, `done` are in the index. */
export interface KnowledgeBase {
  id: string
  name: string
  description: string
  embedding_model: string
  store: string
  documents: number
  chunks: number
  done: number
  created_at: string
}

export interface KnowledgeDocument {
  id: string
  name: string
  size: number
  state: DocumentState
  /** Why it failed, or why it is tried again. */
  problem: string
  chunks: number
  done: number
  created_at: string
}

export interface IndexingProgress {
  documents: Partial<Record<DocumentState, number>>
  chunks: number
  done: number
}

export interface Passage {
  chunk_id: string
  document_id: string
  document_name: string
  text: string
  answer: string
  score: number
  page: number | null
  headings: string[]
}

export interface FoundPassages {
  data: Passage[]
  notices: string[]
}

const documentAt = (baseId: string, id: string) => `/knowledge/${at(baseId)}/documents/${at(id)}`

export const knowledge = {
  bases: (after: string | null) => ask<Page<KnowledgeBase>>(`/knowledge${queryString({ limit: PAGE, after })}`),
  base: (id: string) => ask<KnowledgeBase>(`/knowledge/${at(id)}`),
  create: (name: string) => ask<KnowledgeBase>('/knowledge', { method: 'POST', body: { name } }),
  remove: (id: string) => ask<void>(`/knowledge/${at(id)}`, { method: 'DELETE' }),
  progress: (id: string) => ask<IndexingProgress>(`/knowledge/${at(id)}/progress`),
  search: (id: string, question: string) =>
    ask<FoundPassages>(`/knowledge/${at(id)}/search`, { method: 'POST', body: { question } }),
  documents: (id: string, after: string | null) =>
    ask<Page<KnowledgeDocument>>(`/knowledge/${at(id)}/documents${queryString({ limit: PAGE, after })}`),
  add: (id: string, file: File, sending: Parameters<typeof sendFile>[2]) =>
    sendFile<KnowledgeDocument>(`/knowledge/${at(id)}/documents${queryString({ name: file.name })}`, file, sending),
  /** `retry` indexes anew, `pause` rests after the batch in flight, `resume` goes on. */
  steer: (baseId: string, id: string, verb: 'retry' | 'pause' | 'resume') =>
    ask<KnowledgeDocument>(`${documentAt(baseId, id)}/${verb}`, { method: 'POST' }),
  removeDocument: (baseId: string, id: string) => ask<void>(documentAt(baseId, id), { method: 'DELETE' }),
}

export const useKnowledgeBases = () => usePages(['knowledge', 'list'], knowledge.bases)

export const useKnowledgeBase = (id: string) =>
  useQuery({ queryKey: ['knowledge', 'one', id], queryFn: () => knowledge.base(id) })

/** How many documents something is being done with, or will be. */
export const underWay = ({ documents }: IndexingProgress): number =>
  (['waiting', 'parsing', 'splitting', 'embedding'] as const).reduce((sum, state) => sum + (documents[state] ?? 0), 0)

/** Asked every second while anything is indexed. */
export const useIndexing = (id: string) =>
  useQuery({
    queryKey: ['knowledge', 'progress', id],
    queryFn: () => knowledge.progress(id),
    staleTime: 0,
    refetchInterval: ({ state }) => (state.data && underWay(state.data) > 0 ? WHILE_INDEXING_MS : false),
  })

const isUnderWay = ({ state }: KnowledgeDocument) => ['waiting', 'parsing', 'splitting', 'embedding'].includes(state)

/** Asked every second while any that is shown is being indexed, so that each says where it stands. */
export const useDocuments = (id: string) =>
  useInfiniteQuery({
    queryKey: ['knowledge', 'documents', id],
    queryFn: ({ pageParam }: { pageParam: string | null }) => knowledge.documents(id, pageParam),
    initialPageParam: null as string | null,
    getNextPageParam: (last: Page<KnowledgeDocument>) => last.next ?? null,
    staleTime: 0,
    refetchInterval: ({ state }) =>
      state.data?.pages.some(({ data }) => data.some(isUnderWay)) ? WHILE_INDEXING_MS : false,
  })

export const refreshKnowledge = () => queries.invalidateQueries({ queryKey: ['knowledge'] })

/** Only the list: what was read of one that is gone is not asked for again. */
export const refreshBases = () => queries.invalidateQueries({ queryKey: ['knowledge', 'list'] })
