import { useMutation } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { useLocation } from 'react-router'
import { ApiError } from '@/api/client'
import { people } from '@/api/people'
import { Button, buttonClasses } from '@/ui/Button'
import { Notice } from '@/ui/Notice'
import { PasswordField } from '@/ui/PasswordField'
import { Trouble } from '@/ui/Trouble'
import { text } from '@/ui/text'
import { EntryFrame } from './EntryFrame'
import { tokenOf } from './token'

/** Where the link leads that was made for somebody who forgot their password. */
export default function NewPasswordPage() {
  const token = tokenOf(useLocation().hash)
  const [password, setPassword] = useState('')
  const reset = useMutation({ mutationFn: () => people.resetPassword(token, password) })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    reset.mutate()
  }
  if (reset.isSuccess) return <Done />
  const field = reset.error instanceof ApiError && reset.error.field === 'password' ? reset.error.message : null
  return (
    <EntryFrame title={text.entry.newPasswordTitle}>
      {token === '' ? (
        <Notice kind="error" title={text.entry.linkBroken}>
          <p>{text.entry.linkBrokenHelp}</p>
        </Notice>
      ) : (
        <form onSubmit={submit} className="space-y-4">
          <p className="text-faded">{text.entry.newPasswordHelp}</p>
          <PasswordField
            label={text.entry.newPassword}
            kind="new"
            value={password}
            onChange={setPassword}
            error={field}
          />
          {reset.error && !field && <Trouble error={reset.error} />}
          <Button type="submit" look="primary" disabled={reset.isPending} className="w-full">
            {text.entry.setPassword}
          </Button>
        </form>
      )}
    </EntryFrame>
  )
}

function Done() {
  return (
    <EntryFrame title={text.entry.passwordSet}>
      <p className="text-faded">{text.entry.passwordSetHelp}</p>
      <a href="/enter" className={`${buttonClasses('primary')} w-full`}>
        {text.entry.signIn}
      </a>
    </EntryFrame>
  )
}
