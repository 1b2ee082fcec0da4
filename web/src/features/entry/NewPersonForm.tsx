import { type FormEvent, useState } from 'react'
import { ApiError } from '@/api/client'
import { Button } from '@/ui/Button'
import { PasswordField } from '@/ui/PasswordField'
import { TextField } from '@/ui/TextField'
import { Trouble } from '@/ui/Trouble'
import { text } from '@/ui/text'

interface Props {
  pending: boolean
  error: Error | null
  onSubmit: (who: { name: string; password: string }) => void
}

/** How somebody who was never here is called and signs in from now on. */
export function NewPersonForm({ pending, error, onSubmit }: Props) {
  const [name, setName] = useState('')
  const [password, setPassword] = useState('')
  const submit = (event: FormEvent) => {
    event.preventDefault()
    onSubmit({ name, password })
  }
  const field = error instanceof ApiError ? error.field : null
  const told = field === 'name' || field === 'password'
  return (
    <form onSubmit={submit} className="space-y-4">
      <TextField
        label={text.entry.yourName}
        required
        autoComplete="name"
        value={name}
        onChange={setName}
        error={field === 'name' ? error?.message : null}
      />
      <PasswordField
        label={text.entry.choosePassword}
        kind="new"
        value={password}
        onChange={setPassword}
        error={field === 'password' ? error?.message : null}
      />
      {error && !told && <Trouble error={error} />}
      <Button type="submit" look="primary" disabled={pending} className="w-full">
        {text.entry.join}
      </Button>
    </form>
  )
}
