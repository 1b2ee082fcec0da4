/** Versions of apps and where they stand; logs of what was run and said. */

import { ask, queryString } from './client'
import type { AppSummary, Json, Message, Page, Run } from './types'

const at = encodeURIComponent
const PAGE = 24

export const ENVIRONMENTS = ['dev', 'staging', 'prod'] as const
export type Environment = (typeof ENVIRONMENTS)[number]

export interface Version {
  number: number
  published_at: string
  /** The id of who published it. */
  published_by: string
  notes: string
  /** Where it stands now. */
  environments: Environment[]
}

export interface Promotion {
  environment: Environment
  number: number
  promoted_at: string
  promoted_by: string
}

export interface FieldChange {
  path: string
  change: 'added' | 'removed' | 'changed'
  before: Json
  after: Json
}

export interface NodeChange {
  id: string
  change: 'added' | 'removed' | 'changed'
  type: string
  title: string
  fields: FieldChange[]
}

export interface EdgeChange {
  change: 'added' | 'removed'
  source: string
  handle: string
  target: string
}

export interface Difference {
  nodes: NodeChange[]
  edges: EdgeChange[]
  settings: FieldChange[]
}

export type VersionOrDraft = number | 'draft'
export type Rating = 'like' | 'dislike'

export interface LoggedFeedback {
  source: 'end_user' | 'member'
  author: string
  rating: Rating
  content: string
  updated_at: string
}

export interface LoggedMessage extends Message {
  app_id: string
  end_user: string
  source: string
  version: number | null
  environment: Environment | null
  elapsed_ms: number | null
  feedback: LoggedFeedback[]
}

/** What logs are searched by; empty strings are left out. Moments are ISO 8601 with a zone. */
export interface LogFilter {
  app_id: string
  status: string
  environment: string
  version: string
  end_user: string
  text: string
  rating: string
  since: string
  until: string
}

export const life = {
  versions: (appId: string, after: string | null) =>
    ask<Page<Version>>(`/apps/${at(appId)}/versions${queryString({ limit: PAGE, after })}`),
  publish: (appId: string, notes: string, environment: Environment) =>
    ask<Version>(`/apps/${at(appId)}/publish`, { method: 'POST', body: { notes, environment } }),
  environments: (appId: string) => ask<{ data: Promotion[] }>(`/apps/${at(appId)}/environments`),
  promote: (appId: string, environment: Environment, number: number) =>
    ask<Promotion>(`/apps/${at(appId)}/environments/${environment}`, { method: 'POST', body: { number } }),
  restore: (appId: string, number: number) =>
    ask<AppSummary>(`/apps/${at(appId)}/versions/${number}/restore`, { method: 'POST' }),
  difference: (appId: string, older: VersionOrDraft, newer: VersionOrDraft) =>
    ask<Difference>(`/apps/${at(appId)}/difference${queryString({ old: older, new: newer })}`),

  /** Ratings are of messages. */
  runs: ({ rating: _, ...filter }: LogFilter, after: string | null) =>
    ask<Page<Run>>(`/runs${queryString({ ...filter, limit: PAGE, after })}`),
  messages: (filter: LogFilter, after: string | null) =>
    ask<Page<LoggedMessage>>(`/messages${queryString({ ...filter, limit: PAGE, after })}`),
  rate: (id: string, rating: Rating | null, content = '') =>
    ask<LoggedMessage>(`/messages/${at(id)}/feedback`, { method: 'PUT', body: { rating, content } }),
}
