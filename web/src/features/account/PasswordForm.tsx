import { useMutation } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { ApiError } from '@/api/client'
import { type Person, people } from '@/api/people'
import { refresh } from '@/api/workspaceQueries'
import { Button } from '@/ui/Button'
import { PasswordField } from '@/ui/PasswordField'
import { Section, Sheet } from '@/ui/Section'
import { Trouble } from '@/ui/Trouble'
import { text } from '@/ui/text'
import { toast } from '@/ui/toast'

export function PasswordForm({ me }: { me: Person }) {
  const [present, setPresent] = useState('')
  const [password, setPassword] = useState('')
  const change = useMutation({
    mutationFn: () => people.changePassword({ password, ...(me.has_password && { present }) }),
    onSuccess: async () => {
      setPresent('')
      setPassword('')
      await refresh('me')
      toast(text.account.passwordSet)
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    change.mutate()
  }
  const field = change.error instanceof ApiError ? change.error.field : null
  const told = (wanted: string) => (field === wanted ? change.error?.message : null)
  return (
    <Section
      title={text.entry.password}
      lead={me.has_password ? text.entry.newPasswordHelp : text.account.noPassword(me.email !== null)}
    >
      <Sheet>
        <form onSubmit={submit} className="space-y-4">
          {/* Password managers keep a password under the name that stands beside it. */}
          <input type="hidden" autoComplete="username" value={me.email ?? me.name} readOnly />
          {me.has_password && (
            <PasswordField
              label={text.account.present}
              kind="present"
              value={present}
              onChange={setPresent}
              error={told('present')}
            />
          )}
          <PasswordField
            label={text.entry.newPassword}
            kind="new"
            value={password}
            onChange={setPassword}
            error={told('password')}
          />
          {change.error && field !== 'present' && field !== 'password' && <Trouble error={change.error} />}
          <Button type="submit" disabled={change.isPending || password === ''}>
            {text.entry.setPassword}
          </Button>
        </form>
      </Sheet>
    </Section>
  )
}
