import type { ReactNode } from 'react'
import { inputClasses } from '@/ui/Field'
import { text } from '@/ui/text'

const SMALL = `${inputClasses} py-1.5 text-sm`

export const FilterBar = ({ children }: { children: ReactNode }) => (
  <search className="grid grid-cols-2 gap-2 sm:grid-cols-3 lg:grid-cols-4">{children}</search>
)

interface Props {
  label: string
  value: string
  onChange: (value: string) => void
}

const Labelled = ({ label, children }: { label: string; children: ReactNode }) => (
  // biome-ignore lint/a11y/noLabelWithoutControl: the control is the child
  <label className="min-w-0 space-y-0.5 text-xs text-faded">
    <span>{label}</span>
    {children}
  </label>
)

export const FilterText = ({ label, value, onChange }: Props) => (
  <Labelled label={label}>
    <input type="search" value={value} onChange={(event) => onChange(event.target.value)} className={SMALL} />
  </Labelled>
)

export const FilterDay = ({ label, value, onChange }: Props) => (
  <Labelled label={label}>
    <input type="date" value={value} onChange={(event) => onChange(event.target.value)} className={SMALL} />
  </Labelled>
)

/** Of these, or of all. */
export const FilterChoice = ({ label, value, onChange, options }: Props & { options: readonly [string, string][] }) => (
  <Labelled label={label}>
    <select value={value} onChange={(event) => onChange(event.target.value)} className={SMALL}>
      <option value="">{text.logs.all}</option>
      {options.map(([id, name]) => (
        <option key={id} value={id}>
          {name}
        </option>
      ))}
    </select>
  </Labelled>
)
