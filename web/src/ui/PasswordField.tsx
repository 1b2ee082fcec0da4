import { Eye, EyeOff } from 'lucide-react'
import { useState } from 'react'
import { IconButton } from './Button'
import { Field, inputClasses } from './Field'
import { text } from './text'

interface Props {
  label: string
  value: string
  onChange: (value: string) => void
  /** A password manager fills in the one, and offers to make the other. */
  kind: 'present' | 'new'
  error?: string | null
}

export function PasswordField({ label, value, onChange, kind, error }: Props) {
  const [shown, setShown] = useState(false)
  return (
    <Field label={label} required help={kind === 'new' ? text.entry.passwordHelp : undefined} error={error}>
      {(wiring) => (
        <div className="relative">
          <input
            {...wiring}
            type={shown ? 'text' : 'password'}
            required
            autoComplete={kind === 'new' ? 'new-password' : 'current-password'}
            spellCheck={false}
            value={value}
            onChange={(event) => onChange(event.target.value)}
            className={`${inputClasses} pr-11`}
          />
          <IconButton
            label={shown ? text.entry.hidePassword : text.entry.showPassword}
            aria-pressed={shown}
            onClick={() => setShown(!shown)}
            className="absolute top-1/2 right-0.5 -translate-y-1/2"
          >
            {shown ? <EyeOff size={16} aria-hidden /> : <Eye size={16} aria-hidden />}
          </IconButton>
        </div>
      )}
    </Field>
  )
}
