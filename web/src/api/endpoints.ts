/** Every route of `/api/v1` that the console uses, by the name of what it does. */

import { ask, askText, queryString, sendFile } from './client'
import type {
  Answer,
  AppKey,
  AppOverview,
  AppSummary,
  Conversation,
  CredentialInfo,
  Graph,
  LocalModel,
  Message,
  ModelInfo,
  NewAppKey,
  NewCredential,
  Page,
  ProviderInfo,
  ReplayRequest,
  Run,
  RunRequest,
  Session,
  Starter,
  UploadedFile,
} from './types'

const PAGE = 24
const at = encodeURIComponent

export const api = {
  session: () => ask<Session>('/session'),
  signOut: () => ask<void>('/session/sign-out', { method: 'POST' }),

  apps: (search: string, after: string | null) =>
    ask<Page<AppSummary>>(`/apps${queryString({ limit: PAGE, after, search })}`),
  app: (id: string) => ask<AppOverview>(`/apps/${at(id)}`),
  importApp: (document: string) => ask<AppSummary>('/apps', { method: 'POST', body: { document } }),
  addStarter: (starter: string) => ask<AppSummary>('/apps', { method: 'POST', body: { starter } }),
  document: (id: string) => askText(`/apps/${at(id)}/document`),
  publish: (id: string) => ask<{ number: number; published_at: string }>(`/apps/${at(id)}/publish`, { method: 'POST' }),
  deleteApp: (id: string) => ask<void>(`/apps/${at(id)}`, { method: 'DELETE' }),
  starters: () => ask<{ data: Starter[] }>('/starters'),

  keys: (appId: string, after: string | null) => ask<Page<AppKey>>(`/apps/${at(appId)}/keys${queryString({ after })}`),
  createKey: (appId: string) => ask<NewAppKey>(`/apps/${at(appId)}/keys`, { method: 'POST' }),
  revokeKey: (id: string) => ask<void>(`/keys/${at(id)}`, { method: 'DELETE' }),

  /** `input` is the variable of the form's field that the file is for. */
  uploadFile: (appId: string, input: string, file: File, sending: Parameters<typeof sendFile>[2]) =>
    sendFile<UploadedFile>(`/apps/${at(appId)}/files${queryString({ name: file.name, input })}`, file, sending),

  startRun: (request: RunRequest) => ask<Run>('/runs', { method: 'POST', body: request }),
  stopRun: (id: string) => ask<void>(`/runs/${at(id)}/stop`, { method: 'POST' }),
  /** What is under way ends first; the run rests after `run_paused`. */
  pauseRun: (id: string) => ask<void>(`/runs/${at(id)}/pause`, { method: 'POST' }),
  resumeRun: (id: string) => ask<void>(`/runs/${at(id)}/resume`, { method: 'POST' }),
  answerRun: (id: string, answer: Answer) => ask<Run>(`/runs/${at(id)}/answers`, { method: 'POST', body: answer }),
  /** The new run. */
  replayRun: (id: string, request: ReplayRequest) =>
    ask<Run>(`/runs/${at(id)}/replay`, { method: 'POST', body: request }),
  runs: (appId: string | null, after: string | null) =>
    ask<Page<Run>>(`/runs${queryString({ app_id: appId, limit: PAGE, after })}`),
  run: (id: string) => ask<Run>(`/runs/${at(id)}`),
  runGraph: (id: string) => ask<Graph>(`/runs/${at(id)}/graph`),

  conversations: (appId: string) =>
    ask<Page<Conversation>>(`/conversations${queryString({ app_id: appId, limit: PAGE })}`),
  /** Oldest first. */
  messages: (id: string, after: string | null) =>
    ask<Page<Message>>(`/conversations/${at(id)}/messages${queryString({ limit: 100, after })}`),

  modelsOf: (provider: string) => ask<{ data: ModelInfo[] }>(`/models${queryString({ provider })}`),
  providers: () => ask<{ data: ProviderInfo[] }>('/providers'),
  addCredential: (provider: string, credential: NewCredential) =>
    ask<CredentialInfo>(`/providers/${at(provider)}/credentials`, { method: 'POST', body: credential }),
  changeCredential: (provider: string, id: string, change: { enabled: boolean; verify: boolean }) =>
    ask<CredentialInfo>(`/providers/${at(provider)}/credentials/${at(id)}`, { method: 'PATCH', body: change }),
  removeCredential: (provider: string, id: string) =>
    ask<void>(`/providers/${at(provider)}/credentials/${at(id)}`, { method: 'DELETE' }),
  localModels: () => ask<{ data: LocalModel[] }>('/models/local'),
  fetchLocalModel: (model: string) => ask<LocalModel>('/models/local/fetch', { method: 'POST', body: { model } }),
}
