/** Server-sent events out of a byte stream, as the HTML standard describes them (section 9.2, event stream interpretation). */

export interface SseMessage {
  id: string | null
  event: string
  data: string
}

/** Feed it text as it comes, cut anywhere; it hands back the messages that have become whole. */
export function createSseParser(): (text: string) => SseMessage[] {
  let rest = ''
  let pending = blank()
  return (text) => {
    const lines = (rest + text).split(/\r\n|\n|\r(?!$)/)
    rest = lines.pop() ?? ''
    const messages: SseMessage[] = []
    for (const line of lines) {
      if (line !== '') readLine(pending, line)
      else {
        if (pending.lines.length)
          messages.push({ id: pending.id, event: pending.event, data: pending.lines.join('\n') })
        pending = blank()
      }
    }
    return messages
  }
}

interface Pending {
  id: string | null
  event: string
  lines: string[]
}

const blank = (): Pending => ({ id: null, event: 'message', lines: [] })

function readLine(pending: Pending, line: string): void {
  const colon = line.indexOf(':')
  if (colon === 0) return
  const field = colon < 0 ? line : line.slice(0, colon)
  const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '')
  if (field === 'data') pending.lines.push(value)
  else if (field === 'id') pending.id = value
  else if (field === 'event') pending.event = value
}
