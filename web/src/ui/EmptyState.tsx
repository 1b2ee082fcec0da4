import type { ReactNode } from 'react'

export function EmptyState({ title, children, art }: { title: string; children?: ReactNode; art?: ReactNode }) {
  return (
    <div className="mx-auto flex max-w-md flex-col items-center gap-3 px-4 py-10 text-center">
      {art}
      <h2 className="text-xl">{title}</h2>
      <div className="space-y-4 text-faded">{children}</div>
    </div>
  )
}
