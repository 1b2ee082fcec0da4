import { useMutation } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { ApiError } from '@/api/client'
import { type Person, people } from '@/api/people'
import { refresh } from '@/api/workspaceQueries'
import { Button } from '@/ui/Button'
import { PasswordField } from '@/ui/PasswordField'
import { Section, Sheet } from '@/ui/Section'
import { TextField } from '@/ui/TextField'
import { Trouble } from '@/ui/Trouble'
import { text } from '@/ui/text'
import { toast } from '@/ui/toast'

/** Name and address. Another address needs the present password, since it is what one signs in with. */
export function PersonForm({ me }: { me: Person }) {
  const [name, setName] = useState(me.name)
  const [email, setEmail] = useState(me.email ?? '')
  const [password, setPassword] = useState('')
  const newAddress = email.trim().toLowerCase() !== (me.email ?? '')
  const asks = newAddress && me.has_password
  const change = useMutation({
    mutationFn: () => people.changeMe({ name, ...(newAddress && { email }), ...(asks && { password }) }),
    onSuccess: async () => {
      setPassword('')
      await refresh('me', 'session', 'members')
      toast(text.account.saved)
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    change.mutate()
  }
  const field = change.error instanceof ApiError ? change.error.field : null
  const told = (wanted: string) => (field === wanted ? change.error?.message : null)
  return (
    <Section title={text.account.person}>
      <Sheet>
        <form onSubmit={submit} className="space-y-4">
          <TextField
            label={text.entry.yourName}
            required
            autoComplete="name"
            value={name}
            onChange={setName}
            error={told('name')}
          />
          <TextField
            label={text.entry.email}
            required={me.email !== null}
            type="email"
            autoComplete="email"
            help={me.email === null ? text.account.emailHelp : undefined}
            value={email}
            onChange={setEmail}
            error={told('email')}
          />
          {asks && (
            <PasswordField
              label={text.account.present}
              kind="present"
              value={password}
              onChange={setPassword}
              error={told('present')}
            />
          )}
          {change.error && !['name', 'email', 'present'].includes(field ?? '') && <Trouble error={change.error} />}
          <Button type="submit" disabled={change.isPending || (name === me.name && !newAddress)}>
            {text.account.save}
          </Button>
        </form>
      </Sheet>
    </Section>
  )
}
