import { type ReactNode, useEffect, useRef } from 'react'
import type { Turn } from './conversation'

const NEAR_END = 80

/** Follows the talk to its end as it grows, unless the reader has scrolled up or works with something in it. */
export function Scroller({ turns, children }: { turns: readonly Turn[]; children: ReactNode }) {
  const box = useRef<HTMLDivElement>(null)
  const content = useRef<HTMLDivElement>(null)
  const held = useRef(false)
  const last = useRef(0)
  useEffect(() => {
    if (!content.current) return
    // What was said is drawn when the machine gets to it; only its size tells when it stands there.
    const growing = new ResizeObserver(() => {
      if (!held.current) box.current?.scrollTo({ top: box.current.scrollHeight })
    })
    growing.observe(content.current)
    return () => growing.disconnect()
  }, [])
  // A new turn calls the reader back to the end.
  useEffect(() => {
    held.current = turns.length === 0
    if (!held.current) box.current?.scrollTo({ top: box.current.scrollHeight })
  }, [turns.length])
  const hold = () => {
    held.current = true
  }
  const scrolled = () => {
    const { scrollHeight = 0, scrollTop = 0, clientHeight = 0 } = box.current ?? {}
    if (scrollTop < last.current) hold()
    if (turns.length && scrollHeight - scrollTop - clientHeight < NEAR_END) held.current = false
    last.current = scrollTop
  }
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: it only hears that something in it is being used
    <div
      ref={box}
      onScroll={scrolled}
      onClick={hold}
      onKeyDown={hold}
      className="relative min-h-0 flex-1 overflow-y-auto px-4 py-4"
    >
      <div ref={content} className="space-y-4">
        {children}
      </div>
    </div>
  )
}
