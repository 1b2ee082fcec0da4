import { useState } from 'react'
import { Button } from './Button'

interface Props {
  children: string
  /** What the second click says. */
  sure: string
  /** What it is done to, for those who do not see the row. */
  label?: string
  disabled?: boolean
  onConfirm: () => void
}

/** A button for what cannot be undone: it asks once more in its own place. */
export function ConfirmButton({ children, sure, label, disabled, onConfirm }: Props) {
  const [asked, setAsked] = useState(false)
  const words = asked ? sure : children
  return (
    <Button
      size="small"
      look={asked ? 'danger' : 'quiet'}
      aria-label={label ? `${words} ${label}` : undefined}
      disabled={disabled}
      onBlur={() => setAsked(false)}
      onClick={() => {
        if (asked) onConfirm()
        setAsked(!asked)
      }}
    >
      {words}
    </Button>
  )
}
