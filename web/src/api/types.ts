/** The values of `/api/v1`, as the server sends them. */

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json }
export type JsonObject = { [key: string]: Json }

export interface Page<T> {
  data: T[]
  next: string | null
}

export interface Session {
  workspace: { id: string; name: string }
  actor: { kind: string; id: string; name: string }
  role: string
  /** What you may do in the whole workspace. */
  permissions: string[]
  /** What you may do besides, by the id of an app. */
  granted: Record<string, string[]>
  version: string
}

export interface Problem {
  level: string
  code: string
  message: string
  node_id: string | null
  place: string | null
}

export interface AppSummary {
  id: string
  name: string
  description: string
  mode: string
  icon: string
  icon_background: string
  node_count: number
  warnings: number
  created_at: string
  updated_at: string
  published_version: number | null
  /** False for a mode that this release cannot run. */
  runnable: boolean
}

export interface GraphNode {
  id: string
  type: string
  title: string
  description: string
  x: number
  y: number
  width: number | null
  height: number | null
  parent_id: string | null
  /** Handle id and label of each way out. */
  handles: [string, string][]
  config: JsonObject
}

export interface GraphEdge {
  id: string
  source: string
  target: string
  handle: string
}

export interface Graph {
  nodes: GraphNode[]
  edges: GraphEdge[]
}

export interface FormField {
  variable: string
  label: string
  type: string
  required: boolean
  default: Json
  options: string[]
  max_length: number | null
  description: string
  hide: boolean
  /** Of files that it takes (image, document, audio, video; custom: by how they end); none: all. */
  file_types?: string[]
  file_extensions?: string[]
  /** `local_file`, `remote_url`; none: both. */
  file_methods?: string[]
}

/** A file that was handed in; `file` is what the inputs of a run name it by. */
export interface UploadedFile {
  id: string
  name: string
  size: number
  file: JsonObject
}

export interface SampleInput {
  title?: string
  inputs?: JsonObject
  query?: string | null
}

export interface ModelBinding {
  reference: string
  /** Of the model, without its provider. */
  name: string
  /** Null where nothing can answer. */
  model: string | null
  notice: string | null
  /** Who would answer if it were set up; null where that would not help. */
  provider: string | null
  /** Where the app shows it images: that it sees none. */
  blind: string | null
}

export interface AppOverview extends AppSummary, Graph {
  form: FormField[]
  features: JsonObject
  problems: Problem[]
  models: ModelBinding[]
}

export interface AppKey {
  id: string
  last_four: string
  created_at: string
  revoked_at: string | null
}

export interface NewAppKey {
  id: string
  secret: string
  last_four: string
}

export interface Starter {
  id: string
  name: string
  description: string
  mode: string
  icon: string
  icon_background: string
  sample_inputs: SampleInput[]
}

export type RunStatus = 'queued' | 'running' | 'succeeded' | 'partial-succeeded' | 'failed' | 'stopped' | 'paused'

export interface RunError {
  code: string
  message: string
  node_id?: string | null
}

export interface NodeResult {
  status: string
  outputs: JsonObject | null
  error: { code: string; message: string } | null
  elapsed_ms: number | null
  runs: number
}

/** A node that waits for somebody, as a stored run tells of it. */
export interface OpenQuestion {
  node_id: string
  /** Container and index of each enclosing round, outermost first. */
  frame: [string, number][]
  form: JsonObject
  actions: JsonObject[]
  /** Seconds since the epoch; null waits for ever. */
  expires_at: number | null
}

export interface Answer {
  node_id: string
  frame: OpenQuestion['frame']
  action: string
  values: JsonObject
}

/** Without `node_id` all of the run is repeated; `outputs` stand in for those that nodes had. */
export interface ReplayRequest {
  node_id?: string
  inputs?: JsonObject
  outputs?: Record<string, JsonObject>
}

export interface Run {
  id: string
  app_id: string
  version: number | null
  status: RunStatus
  inputs: JsonObject
  query: string | null
  source: string
  end_user: string
  created_at: string
  conversation_id: string | null
  message_id: string | null
  outputs: JsonObject
  answer: string | null
  error: RunError | null
  nodes: Record<string, NodeResult>
  usage: JsonObject
  notices: string[]
  started_at: string | null
  finished_at: string | null
  elapsed_ms: number | null
  questions: OpenQuestion[]
  /** The run that this one repeats, and the node from which on it ran anew. */
  origin_id: string | null
  origin_node_id: string | null
  /** The run that this one is a step of. */
  parent_id: string | null
}

export interface RunRequest {
  app_id: string
  inputs: JsonObject
  query?: string
  conversation_id?: string
  published?: boolean
}

export interface Conversation {
  id: string
  name: string
  created_at: string
  updated_at: string
}

export interface Message {
  id: string
  conversation_id: string
  run_id: string
  query: string
  answer: string
  status: string
  created_at: string
}

export interface ModelInfo {
  id: string
  provider: string
  label: string
  type: string
  context_size: number | null
  ready: boolean
  problem: string | null
  /** The day on which its vendor switches it off (`2027-02-26`). */
  retires: string | null
}

/** A field of a provider's credentials, as its form shows it. */
export interface CredentialField {
  name: string
  label: string
  help: string | null
  required: boolean
  secret: boolean
  default: string | null
  choices: string[]
}

/** A stored credential; what it holds is never told. */
export interface CredentialInfo {
  id: string
  provider: string
  name: string
  weight: number
  enabled: boolean
  /** The end of its key. */
  hint: string
  created_at: string
  verified_at: string | null
}

export interface ProviderInfo {
  id: string
  label: string
  wire: string
  ready: boolean
  problem: string | null
  endpoint: string | null
  fields: CredentialField[]
  links: Record<string, string>
  tried: boolean
  /** How many its files describe. */
  models: number
  open_ended: boolean
  credentials: CredentialInfo[]
  from_env: boolean
  removable: boolean
}

export interface NewCredential {
  name: string
  values: Record<string, string>
  verify: boolean
}

export interface LocalModel {
  model: string
  state: 'absent' | 'fetching' | 'ready' | 'failed'
  /** In words: where the weights come from. */
  source: string
  /** In bytes, as is `fetched`. */
  size: number
  fetched: number
  licence: string
  problem: string | null
  /** Where the process that runs it stands. */
  memory: 'empty' | 'loading' | 'loaded'
}
