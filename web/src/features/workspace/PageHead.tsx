import type { ReactNode } from 'react'
import { usePageTitle } from '@/ui/usePageTitle'

export function PageHead({ title, lead, children }: { title: string; lead: string; children?: ReactNode }) {
  usePageTitle(title)
  return (
    <div className="flex items-end justify-between gap-3 max-sm:flex-wrap">
      <div className="min-w-0 space-y-1">
        <h1 className="text-3xl">{title}</h1>
        <p className="max-w-prose text-faded">{lead}</p>
      </div>
      {children && <div className="flex shrink-0 flex-wrap gap-2">{children}</div>}
    </div>
  )
}
