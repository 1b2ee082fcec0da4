import type { ReactNode } from 'react'
import { Canvas } from '@/editor/canvas/Canvas'
import type { GraphView } from '@/editor/graph/view'
import { classes } from '@/ui/classes'
import { type Tab, Tabs } from '@/ui/Tabs'
import { text } from '@/ui/text'
import { useWide } from '@/ui/useMedia'

export type Shown = 'graph' | 'panel'

interface Props {
  graph: GraphView
  selected: string | null
  onSelect: (id: string | null) => void
  /** Which of the two is shown where there is no room for both. */
  shown: Shown
  onShow: (shown: Shown) => void
  tabs: Tab[]
  tab: string
  onTab: (tab: string) => void
  children: ReactNode
}

/** The graph, and beside it (or behind a switch, on a narrow screen) the panel to work with it. */
export function Workbench({ graph, selected, onSelect, shown, onShow, tabs, tab, onTab, children }: Props) {
  const wide = useWide()
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      {!wide && <Switch shown={shown} onShow={onShow} />}
      <div className="flex min-h-0 flex-1">
        {(wide || shown === 'graph') && (
          <section aria-label={text.graph.label} className="relative min-w-0 flex-1">
            <Canvas view={graph} selected={selected} onSelect={onSelect} />
          </section>
        )}
        <aside
          aria-label={text.app.panel}
          className={classes(
            'min-h-0 flex-col bg-paper',
            wide
              ? 'flex w-[clamp(23rem,36vw,31rem)] border-l border-line'
              : shown === 'panel'
                ? 'flex w-full'
                : 'hidden',
          )}
        >
          <Tabs tabs={tabs} value={tab} onChange={onTab} label={text.app.panel}>
            {children}
          </Tabs>
        </aside>
      </div>
    </div>
  )
}

function Switch({ shown, onShow }: { shown: Shown; onShow: (shown: Shown) => void }) {
  const sides: [Shown, string][] = [
    ['panel', text.app.showPanel],
    ['graph', text.app.showGraph],
  ]
  return (
    <div className="flex shrink-0 gap-1 border-b border-line bg-sheet p-1.5">
      {sides.map(([side, label]) => (
        <button
          key={side}
          type="button"
          aria-pressed={shown === side}
          onClick={() => onShow(side)}
          className={classes(
            'flex-1 rounded-[5px] py-1.5 text-sm font-medium',
            shown === side ? 'bg-well text-ink' : 'text-faded',
          )}
        >
          {label}
        </button>
      ))}
    </div>
  )
}
