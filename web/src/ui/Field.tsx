import { type ReactNode, useId } from 'react'
import { classes } from './classes'
import { text } from './text'

export const inputClasses =
  'w-full rounded-[5px] border border-seam bg-sheet px-3 py-2 text-[15px] text-ink focus-visible:outline-offset-0 aria-invalid:border-madder aria-invalid:outline-madder'

interface FieldProps {
  label: string
  required?: boolean
  help?: string
  error?: string | null
  /** Length and limit, shown where a limit is set. */
  count?: { length: number; max: number } | null
  children: (wiring: { id: string; 'aria-invalid': boolean; 'aria-describedby': string | undefined }) => ReactNode
}

/** A label, a control, and what is to be said about it, wired together for screen readers. */
export function Field({ label, required = false, help, error, count, children }: FieldProps) {
  const id = useId()
  const described = [help && `${id}-help`, error && `${id}-error`].filter(Boolean).join(' ') || undefined
  return (
    <div className="space-y-1">
      <div className="flex items-baseline justify-between gap-2">
        <label htmlFor={id} className="text-sm font-medium">
          {label}
          {!required && <span className="ml-1.5 text-xs font-normal text-faded">{text.form.optional}</span>}
        </label>
        {count && (
          <span className={classes('text-xs tabular-nums', count.length > count.max ? 'text-madder' : 'text-faded')}>
            {count.length}/{count.max}
          </span>
        )}
      </div>
      {children({ id, 'aria-invalid': Boolean(error), 'aria-describedby': described })}
      {help && (
        <p id={`${id}-help`} className="text-xs text-faded">
          {help}
        </p>
      )}
      {error && (
        <p id={`${id}-error`} role="alert" className="text-sm text-madder">
          {error}
        </p>
      )}
    </div>
  )
}
