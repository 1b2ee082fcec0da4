import type { InputHTMLAttributes } from 'react'
import { Field, inputClasses } from './Field'

interface Props extends Omit<InputHTMLAttributes<HTMLInputElement>, 'onChange' | 'value'> {
  label: string
  value: string
  onChange: (value: string) => void
  help?: string
  error?: string | null
}

/** One line of text with its label. */
export function TextField({ label, value, onChange, help, error, required, ...rest }: Props) {
  return (
    <Field label={label} required={required} help={help} error={error}>
      {(wiring) => (
        <input
          {...wiring}
          {...rest}
          required={required}
          value={value}
          onChange={(event) => onChange(event.target.value)}
          className={inputClasses}
        />
      )}
    </Field>
  )
}
