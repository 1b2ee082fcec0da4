import type { ReactNode } from 'react'
import { Mark } from '@/ui/Logo'
import { Toaster } from '@/ui/Toaster'
import { text } from '@/ui/text'
import { usePageTitle } from '@/ui/usePageTitle'

/** The card that stands before the console. */
export function EntryFrame({ title, children }: { title: string; children: ReactNode }) {
  usePageTitle(title)
  return (
    <main className="grid min-h-dvh place-items-center p-4">
      <div className="w-full max-w-md overflow-hidden rounded-md border border-line bg-sheet shadow-lift">
        <div className="hem" aria-hidden />
        <div className="space-y-5 p-6 sm:p-7">
          <div className="flex items-center gap-2.5 font-serif text-xl font-semibold">
            <Mark className="size-7" />
            {text.common.product}
          </div>
          <h1 className="text-2xl leading-tight wrap-anywhere">{title}</h1>
          {children}
        </div>
      </div>
      <Toaster />
    </main>
  )
}
