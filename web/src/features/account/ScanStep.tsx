import { useMutation } from '@tanstack/react-query'
import { QRCodeSVG } from 'qrcode.react'
import { type FormEvent, useState } from 'react'
import { people } from '@/api/people'
import { Button } from '@/ui/Button'
import { CopyButton } from '@/ui/CopyButton'
import { TextField } from '@/ui/TextField'
import { Trouble } from '@/ui/Trouble'
import { text } from '@/ui/text'

interface Props {
  secret: { secret: string; uri: string }
  onOn: (recoveryCodes: string[]) => void
  onCancel: () => void
}

/** The secret for the authenticator app, and its first code back. */
export function ScanStep({ secret, onOn, onCancel }: Props) {
  const [code, setCode] = useState('')
  const confirm = useMutation({
    mutationFn: () => people.confirmSecondFactor(code.trim()),
    onSuccess: ({ recovery_codes }) => onOn(recovery_codes),
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    confirm.mutate()
  }
  return (
    <form onSubmit={submit} className="space-y-4">
      <p>{text.account.scan}</p>
      <div className="flex flex-wrap items-center gap-4">
        <div className="rounded-[5px] bg-[#ffffff] p-3">
          <QRCodeSVG value={secret.uri} size={160} title={text.account.qr} />
        </div>
        <div className="min-w-0 flex-1 basis-48 space-y-1 text-sm">
          <p className="text-faded">{text.account.typeSecret}</p>
          <code className="block font-mono wrap-anywhere">{inFours(secret.secret)}</code>
          <CopyButton value={secret.secret} />
        </div>
      </div>
      <TextField
        label={text.entry.code}
        help={text.entry.codeHelp}
        required
        inputMode="numeric"
        autoComplete="one-time-code"
        value={code}
        onChange={setCode}
      />
      {confirm.error && <Trouble error={confirm.error} />}
      <div className="flex gap-2">
        <Button type="submit" look="primary" disabled={confirm.isPending}>
          {text.account.turnOn}
        </Button>
        <Button look="quiet" onClick={onCancel}>
          {text.common.cancel}
        </Button>
      </div>
    </form>
  )
}

/** Four characters at a time are read and typed without losing one's place. */
const inFours = (secret: string): string => secret.replace(/(.{4})(?=.)/g, '$1 ')
