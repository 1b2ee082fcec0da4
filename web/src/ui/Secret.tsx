import { CopyButton } from './CopyButton'
import { Notice } from './Notice'

/** Something that is shown this once: a key, a link. */
export function Secret({ title, value, copy }: { title: string; value: string; copy: string }) {
  return (
    <Notice title={title}>
      <div className="flex flex-wrap items-center gap-2">
        <code className="min-w-0 flex-1 font-mono text-sm wrap-anywhere">{value}</code>
        <CopyButton value={value} label={copy} />
      </div>
    </Notice>
  )
}
