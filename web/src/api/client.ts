/** One way to ask the server: JSON in, JSON out, and every refusal an `ApiError` with the server's own code and sentence. */

import { workspaceHeader } from './chosen'
import { reportConnection } from './connection'
import type { Json, Problem } from './types'

export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly details: Record<string, unknown> = {},
  ) {
    super(message)
    this.name = 'ApiError'
  }

  /** The form field that the server refused, where it named one. */
  get field(): string | null {
    return typeof this.details.field === 'string' ? this.details.field : null
  }

  get problems(): Problem[] {
    return Array.isArray(this.details.problems) ? (this.details.problems as Problem[]) : []
  }
}

/** The server did not answer at all. */
export class Unreachable extends Error {
  constructor() {
    super('unreachable')
    this.name = 'Unreachable'
  }
}

export const isMissing = (error: unknown): boolean => error instanceof ApiError && error.status === 404

const BASE = '/api/v1'

interface Ask {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  body?: unknown
  signal?: AbortSignal
}

/** Ask for JSON; an empty answer (204) is `undefined`. */
export async function ask<T>(path: string, options: Ask = {}): Promise<T> {
  const response = await send(path, options)
  return (response.status === 204 ? undefined : await response.json()) as T
}

export async function askText(path: string): Promise<string> {
  return (await send(path, {})).text()
}

async function send(path: string, { method = 'GET', body, signal }: Ask): Promise<Response> {
  const response = await reach(`${BASE}${path}`, {
    method,
    credentials: 'same-origin',
    headers: headersFor(method, body),
    body: body === undefined ? undefined : JSON.stringify(body),
    signal,
  })
  if (knowsUs(path, response)) reportConnection({ signedOut: response.status === 401 })
  if (!response.ok) throw await refusal(response)
  return response
}

/** What anybody is answered says nothing of whether we are signed in. */
const OPEN_TO_ALL = new Set(['/sign-in', '/password/reset', '/invitations/read', '/invitations/accept'])

const knowsUs = (path: string, { ok, status }: Response): boolean => (ok || status === 401) && !OPEN_TO_ALL.has(path)

interface Sending {
  onProgress: (share: number) => void
  signal: AbortSignal
}

/** Send a file as it is, telling how much of it (0 to 1) has left. Not by `fetch`, which does not know that. */
export function sendFile<T>(path: string, file: File, { onProgress, signal }: Sending): Promise<T> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    request.open('POST', `${BASE}${path}`)
    const type = file.type || 'application/octet-stream'
    for (const [name, value] of Object.entries({ ...headersFor('POST', undefined), 'Content-Type': type }))
      request.setRequestHeader(name, value)
    request.upload.onprogress = ({ loaded, total }) => onProgress(total > 0 ? loaded / total : 0)
    request.onload = () => {
      const response = new Response(request.responseText, { status: request.status })
      if (response.ok || response.status === 401) reportConnection({ signedOut: response.status === 401 })
      if (response.ok) resolve(response.json() as Promise<T>)
      else void refusal(response).then(reject)
    }
    request.onerror = () => reject(new Unreachable())
    request.onabort = () => reject(new DOMException('aborted', 'AbortError'))
    signal.addEventListener('abort', () => request.abort())
    request.send(file)
  })
}

function headersFor(method: string, body: unknown): Record<string, string> {
  const headers: Record<string, string> = { Accept: 'application/json', ...workspaceHeader() }
  if (body !== undefined) headers['Content-Type'] = 'application/json'
  if (method !== 'GET') headers['X-Loomwork-CSRF'] = '1'
  return headers
}

async function reach(url: string, init: RequestInit): Promise<Response> {
  try {
    const response = await fetch(url, init)
    reportConnection({ reachable: !GATEWAY_DOWN.has(response.status) })
    return response
  } catch (error) {
    if (init.signal?.aborted) throw error
    reportConnection({ reachable: false })
    throw new Unreachable()
  }
}

/** What a proxy says when nobody is behind it. */
const GATEWAY_DOWN = new Set([502, 504])

interface ErrorBody {
  error?: { code?: string; message?: string; details?: Record<string, unknown> }
}

export async function refusal(response: Response): Promise<ApiError> {
  const body = (await response.json().catch(() => ({}))) as ErrorBody
  const { code = `http_${response.status}`, message = response.statusText, details = {} } = body.error ?? {}
  return new ApiError(response.status, code, message, details)
}

/** A query string of the parameters that are set. */
export function queryString(parameters: Record<string, string | number | null | undefined>): string {
  const set = Object.entries(parameters).filter(([, value]) => value !== null && value !== undefined && value !== '')
  return set.length ? `?${new URLSearchParams(set.map(([key, value]) => [key, String(value)]))}` : ''
}

export const isObject = (value: unknown): value is Record<string, Json> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
