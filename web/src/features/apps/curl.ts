/** A command that a reader can paste into a terminal: the app's own form as its inputs. Pure. */

import type { AppOverview, FormField, Json, JsonObject } from '@/api/types'
import { isChat } from './modes'
import { samplesOf } from './samples'

const NO_KEY = 'app-...'

type Called = Pick<AppOverview, 'mode' | 'form' | 'features'>

/** The inputs are those of the app's first sample, and where it has none, something of the right type. */
export function curlExample(app: Called, origin: string, secret: string | null): string {
  const sample = samplesOf(app)[0]
  const chat = isChat(app.mode)
  const inputs = exampleInputs(app.form, sample?.inputs ?? {})
  const body = { inputs, ...(chat && { query: sample?.query || 'Hello' }), response_mode: 'streaming', user: 'me' }
  return [
    `curl -N ${origin}${chat ? '/v1/chat-messages' : '/v1/workflows/run'} \\`,
    `  -H 'Authorization: Bearer ${secret ?? NO_KEY}' \\`,
    `  -H 'Content-Type: application/json' \\`,
    `  -d ${quoted(JSON.stringify(body, null, 2).replaceAll('\n', '\n  '))}`,
  ].join('\n')
}

const exampleInputs = (form: readonly FormField[], sample: JsonObject): JsonObject =>
  Object.fromEntries(
    form
      .filter((field) => field.variable in sample || isSimple(field))
      .map((field) => [field.variable, sample[field.variable] ?? exampleOf(field)]),
  )

const isSimple = ({ type, required }: FormField): boolean => required || !type.startsWith('file')

function exampleOf({ type, default: initial, options }: FormField): Json {
  if (initial !== null && initial !== undefined && initial !== '') return initial
  if (type === 'number') return 1
  if (type === 'checkbox') return false
  if (type === 'json_object') return {}
  if (type.startsWith('file'))
    return { type: 'document', transfer_method: 'remote_url', url: 'https://example.org/file.pdf' }
  return options[0] ?? '...'
}

const quoted = (value: string): string => `'${value.replaceAll("'", `'\\''`)}'`
