/** A command that a reader can paste into a terminal: the app's own form as its inputs. Pure. */

import type { AppOverview, FormField, Json } from '@/api/types'
import { isChat } from './modes'

const NO_KEY = 'app-...'

export function curlExample(app: Pick<AppOverview, 'mode' | 'form'>, origin: string, secret: string | null): string {
  const inputs = Object.fromEntries(app.form.filter(isSimple).map((field) => [field.variable, exampleOf(field)]))
  const chat = isChat(app.mode)
  const body = { inputs, ...(chat && { query: 'Hello' }), response_mode: 'streaming', user: 'me' }
  return [
    `curl -N ${origin}${chat ? '/v1/chat-messages' : '/v1/workflows/run'} \\`,
    `  -H 'Authorization: Bearer ${secret ?? NO_KEY}' \\`,
    `  -H 'Content-Type: application/json' \\`,
    `  -d ${quoted(JSON.stringify(body))}`,
  ].join('\n')
}

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
