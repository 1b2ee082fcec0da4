import { Tabs as Radix } from 'radix-ui'
import type { ReactNode } from 'react'

export interface Tab {
  id: string
  label: ReactNode
}

interface Props {
  tabs: Tab[]
  value: string
  onChange: (id: string) => void
  label: string
  children: ReactNode
}

export function Tabs({ tabs, value, onChange, label, children }: Props) {
  return (
    <Radix.Root value={value} onValueChange={onChange} className="flex min-h-0 flex-1 flex-col">
      <Radix.List
        aria-label={label}
        className="flex shrink-0 gap-1 overflow-x-auto overflow-y-hidden border-b border-line px-3"
      >
        {tabs.map((tab) => (
          <Radix.Trigger
            key={tab.id}
            value={tab.id}
            className="shrink-0 border-b-[3px] border-transparent px-2.5 pt-2.5 pb-2 text-sm font-medium whitespace-nowrap text-faded hover:text-ink data-[state=active]:border-thread data-[state=active]:text-ink"
          >
            {tab.label}
          </Radix.Trigger>
        ))}
      </Radix.List>
      {children}
    </Radix.Root>
  )
}

interface PanelProps {
  id: string
  /** Keep what is in it while another tab is open, for what must not be lost: a running answer, a half-filled form. */
  keep?: boolean
  children: ReactNode
}

export function TabPanel({ id, keep = false, children }: PanelProps) {
  return (
    <Radix.Content
      value={id}
      tabIndex={-1}
      {...(keep && { forceMount: true })}
      className="flex min-h-0 flex-1 flex-col overflow-y-auto focus:outline-none data-[state=inactive]:hidden"
    >
      {children}
    </Radix.Content>
  )
}
