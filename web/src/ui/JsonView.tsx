import { ChevronRight } from 'lucide-react'
import { useState } from 'react'
import { isObject } from '@/api/client'
import type { Json } from '@/api/types'
import { CopyButton } from './CopyButton'
import { text } from './text'

interface Props {
  title: string
  /** What a program calls it, where that is not the title. */
  name?: string
  value: Json
  open?: boolean
}

/** Data to be read: a named block that opens on demand, long text kept within bounds, copied as JSON. */
export function JsonView({ title, name, value, open = false }: Props) {
  const [shown, setShown] = useState(open)
  return (
    <details
      open={shown}
      onToggle={(event) => setShown(event.currentTarget.open)}
      className="rounded-tag border border-line bg-paper"
    >
      <summary className="flex items-center gap-2 px-3 py-1.5 text-xs font-semibold text-faded marker:content-none">
        <ChevronRight size={14} aria-hidden className="transition-transform in-open:rotate-90" />
        <span title={name && text.run.outputName(name)}>{title}</span>
        <span className="ml-auto font-normal">{sizeOf(value)}</span>
      </summary>
      {shown && (
        <div className="border-t border-line px-3 py-2">
          <div className="max-h-80 overflow-auto">
            <JsonValue value={value} />
          </div>
          <div className="-mx-1 mt-1 flex justify-end">
            <CopyButton value={typeof value === 'string' ? value : JSON.stringify(value, null, 2)} />
          </div>
        </div>
      )}
    </details>
  )
}

function sizeOf(value: Json): string {
  if (Array.isArray(value)) return text.common.items(value.length)
  return isObject(value) ? text.common.values(Object.keys(value).length) : ''
}

function JsonValue({ value }: { value: Json }) {
  if (isObject(value)) {
    const entries = Object.entries(value)
    if (!entries.length) return <span className="text-xs text-faded">{text.common.empty}</span>
    return (
      <dl className="space-y-1.5 text-[13px]">
        {entries.map(([key, item]) => (
          <div key={key}>
            <dt className="font-mono text-xs text-faded">{key}</dt>
            <dd className="border-l-2 border-line pl-2.5">
              <JsonValue value={item} />
            </dd>
          </div>
        ))}
      </dl>
    )
  }
  if (typeof value === 'string') return <p className="text-[13px] whitespace-pre-wrap wrap-anywhere">{value || '""'}</p>
  return (
    <pre className="font-mono text-xs whitespace-pre-wrap wrap-anywhere text-thread">
      {JSON.stringify(value, null, 2)}
    </pre>
  )
}
