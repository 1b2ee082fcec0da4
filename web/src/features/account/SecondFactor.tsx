import { useMutation } from '@tanstack/react-query'
import { ShieldCheck } from 'lucide-react'
import { type FormEvent, useState } from 'react'
import { type Person, people } from '@/api/people'
import { refresh } from '@/api/workspaceQueries'
import { Badge } from '@/ui/Badge'
import { Button } from '@/ui/Button'
import { PasswordField } from '@/ui/PasswordField'
import { Section, Sheet } from '@/ui/Section'
import { TextField } from '@/ui/TextField'
import { Trouble } from '@/ui/Trouble'
import { text } from '@/ui/text'
import { toast } from '@/ui/toast'
import { RecoveryCodes } from './RecoveryCodes'
import { ScanStep } from './ScanStep'

/** A code besides the password: off, being set up, or on. */
export function SecondFactor({ me }: { me: Person }) {
  const [codes, setCodes] = useState<string[] | null>(null)
  return (
    <Section title={text.account.factor} lead={text.account.factorLead}>
      <Sheet>
        <div className="space-y-4">
          {codes && <RecoveryCodes codes={codes} onDone={() => setCodes(null)} />}
          {me.has_second_factor ? <TurnedOn /> : <SetUp me={me} onCodes={setCodes} />}
        </div>
      </Sheet>
    </Section>
  )
}

function SetUp({ me, onCodes }: { me: Person; onCodes: (codes: string[]) => void }) {
  const [password, setPassword] = useState('')
  const begin = useMutation({ mutationFn: () => people.beginSecondFactor(me.has_password ? password : undefined) })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    begin.mutate()
  }
  if (begin.data) {
    return (
      <ScanStep
        secret={begin.data}
        onCancel={begin.reset}
        onOn={async (codes) => {
          onCodes(codes)
          await refresh('me')
        }}
      />
    )
  }
  return (
    <form onSubmit={submit} className="space-y-4">
      {me.has_password ? (
        <PasswordField label={text.account.present} kind="present" value={password} onChange={setPassword} />
      ) : (
        <p className="text-sm text-faded">{text.account.factorNoPassword}</p>
      )}
      {begin.error && <Trouble error={begin.error} />}
      <Button type="submit" disabled={begin.isPending}>
        {text.account.factorBegin}
      </Button>
    </form>
  )
}

function TurnedOn() {
  const [removing, setRemoving] = useState(false)
  const [code, setCode] = useState('')
  const remove = useMutation({
    mutationFn: () => people.removeSecondFactor(code.trim()),
    onSuccess: async () => {
      await refresh('me')
      toast(text.account.factorRemoved)
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    remove.mutate()
  }
  return (
    <form onSubmit={submit} className="space-y-4">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <Badge tone="thread" className="text-sm">
          <ShieldCheck size={15} aria-hidden />
          {text.account.factorOn}
        </Badge>
        {!removing && (
          <Button size="small" look="quiet" onClick={() => setRemoving(true)}>
            {text.account.factorRemove}
          </Button>
        )}
      </div>
      {removing && (
        <>
          <TextField
            label={text.account.lastCode}
            help={text.account.lastCodeHelp}
            required
            autoComplete="one-time-code"
            value={code}
            onChange={setCode}
          />
          {remove.error && <Trouble error={remove.error} />}
          <div className="flex gap-2">
            <Button type="submit" look="danger" disabled={remove.isPending}>
              {text.account.factorRemove}
            </Button>
            <Button look="quiet" onClick={() => setRemoving(false)}>
              {text.common.cancel}
            </Button>
          </div>
        </>
      )}
    </form>
  )
}
