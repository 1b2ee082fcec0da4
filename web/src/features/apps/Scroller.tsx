import { type ReactNode, useEffect, useRef } from 'react'
import { useLive } from '@/run/store'
import type { Turn } from './conversation'

/** Follows the talk to its end, unless the reader has scrolled up. */
export function Scroller({ turns, children }: { turns: readonly Turn[]; children: ReactNode }) {
  const box = useRef<HTMLDivElement>(null)
  const held = useRef(false)
  const length = useLive(({ view }) => view.text.length + view.order.length)
  // biome-ignore lint/correctness/useExhaustiveDependencies: what was added is what calls for scrolling
  useEffect(() => {
    if (!held.current) box.current?.scrollTo({ top: box.current.scrollHeight })
  }, [length, turns.length])
  const scrolled = () => {
    const { scrollHeight = 0, scrollTop = 0, clientHeight = 0 } = box.current ?? {}
    held.current = scrollHeight - scrollTop - clientHeight > 80
  }
  return (
    <div ref={box} onScroll={scrolled} className="min-h-0 flex-1 space-y-4 overflow-y-auto px-4 py-4">
      {children}
    </div>
  )
}
