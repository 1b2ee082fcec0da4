import { useMutation } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { ApiError } from '@/api/client'
import { people } from '@/api/people'
import { Button } from '@/ui/Button'
import { PasswordField } from '@/ui/PasswordField'
import { TextField } from '@/ui/TextField'
import { Trouble } from '@/ui/Trouble'
import { text } from '@/ui/text'

interface Props {
  /** Where it can only be this one. */
  email?: string
  onDone: () => void
}

/** Address and password and, where the server asks for one, a code. */
export function SignInForm({ email: fixed, onDone }: Props) {
  const [email, setEmail] = useState(fixed ?? '')
  const [password, setPassword] = useState('')
  const [code, setCode] = useState<string | null>(null)
  const signIn = useMutation({
    mutationFn: () => people.signIn({ email, password, ...(code !== null && { code: code.trim() }) }),
    onSuccess: onDone,
    onError: (error) => {
      if (wantsCode(error)) setCode((typed) => typed ?? '')
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    signIn.mutate()
  }
  return (
    <form onSubmit={submit} className="space-y-4">
      {code === null ? (
        <>
          <TextField
            label={text.entry.email}
            type="email"
            required
            readOnly={fixed !== undefined}
            autoComplete="username"
            value={email}
            onChange={setEmail}
          />
          <PasswordField label={text.entry.password} kind="present" value={password} onChange={setPassword} />
        </>
      ) : (
        <CodeStep code={code} onCode={setCode} />
      )}
      {signIn.error && !wantsCode(signIn.error) && <Trouble error={signIn.error} />}
      <div className="flex flex-wrap items-center gap-2">
        <Button type="submit" look="primary" disabled={signIn.isPending} className="flex-1">
          {signIn.isPending ? text.entry.signingIn : code === null ? text.entry.signIn : text.entry.confirmCode}
        </Button>
        {code !== null && (
          <Button
            look="quiet"
            onClick={() => {
              signIn.reset()
              setCode(null)
            }}
          >
            {text.entry.back}
          </Button>
        )}
      </div>
    </form>
  )
}

const wantsCode = (error: unknown): boolean => error instanceof ApiError && error.code === 'second_factor_needed'

function CodeStep({ code, onCode }: { code: string; onCode: (code: string) => void }) {
  const [lost, setLost] = useState(false)
  return (
    <div className="space-y-2">
      <TextField
        key={String(lost)}
        label={lost ? text.entry.recoveryCode : text.entry.code}
        help={lost ? text.entry.recoveryCodeHelp : text.entry.codeHelp}
        autoFocus
        required
        autoComplete="one-time-code"
        inputMode={lost ? 'text' : 'numeric'}
        spellCheck={false}
        value={code}
        onChange={onCode}
      />
      <Button
        look="quiet"
        size="small"
        className="-ml-2.5"
        onClick={() => {
          onCode('')
          setLost(!lost)
        }}
      >
        {lost ? text.entry.useApp : text.entry.useRecovery}
      </Button>
    </div>
  )
}
