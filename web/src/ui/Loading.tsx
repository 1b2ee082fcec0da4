import { text } from './text'

/** A shuttle going to and fro. */
export function Loading({ label = text.common.loading }: { label?: string }) {
  return (
    <div role="status" className="mx-auto flex w-40 flex-col items-center gap-2 py-16 text-sm text-faded">
      <div className="h-1.5 w-full overflow-hidden rounded-tag bg-well">
        <div className="selvage shuttle h-full w-1/3" />
      </div>
      {label}
    </div>
  )
}
