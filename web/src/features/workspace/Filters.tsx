import type { ReactNode } from 'react'
import { classes } from '@/ui/classes'
import { inputClasses } from '@/ui/Field'
import { text } from '@/ui/text'

const SMALL = `${inputClasses} py-1.5 text-sm`

/** As wide as makes whole rows of as many filters as there are, where one for words takes two places. */
export const FilterBar = ({ columns, children }: { columns: 3 | 4; children: ReactNode }) => (
  <search className={classes('grid grid-cols-2 gap-2 sm:grid-cols-3', columns === 4 && 'lg:grid-cols-4')}>
    {children}
  </search>
)

interface Props {
  label: string
  value: string
  onChange: (value: string) => void
}

const Labelled = ({ label, wide = false, children }: { label: string; wide?: boolean; children: ReactNode }) => (
  // biome-ignore lint/a11y/noLabelWithoutControl: the control is the child
  <label className={classes('min-w-0 space-y-0.5 text-xs text-faded', wide && 'col-span-2')}>
    <span>{label}</span>
    {children}
  </label>
)

export const FilterText = ({ label, value, onChange, wide }: Props & { wide?: boolean }) => (
  <Labelled label={label} wide={wide}>
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
