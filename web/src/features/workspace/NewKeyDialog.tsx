import { useMutation } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { may, type Permission } from '@/api/may'
import type { Session } from '@/api/types'
import { type NewKeyTerms, workspace } from '@/api/workspace'
import { refresh, useAppChoices } from '@/api/workspaceQueries'
import { Button } from '@/ui/Button'
import { Dialog } from '@/ui/Dialog'
import { Field, inputClasses } from '@/ui/Field'
import { Secret } from '@/ui/Secret'
import { TextField } from '@/ui/TextField'
import { Trouble } from '@/ui/Trouble'
import { text } from '@/ui/text'
import { expiryOf, type Kind, kindsFor, LIVES, type Life } from './newKey'
import { PermissionPicker } from './PermissionPicker'

interface Props {
  open: boolean
  session: Session | undefined
  onClose: () => void
}

export function NewKeyDialog({ open, session, onClose }: Props) {
  return (
    <Dialog open={open} onClose={onClose} title={text.keys.make}>
      {open && session && <NewKeyForm session={session} onClose={onClose} />}
    </Dialog>
  )
}

function NewKeyForm({ session, onClose }: { session: Session; onClose: () => void }) {
  const kinds = kindsFor((permission) => may(session, permission))
  const [kind, setKind] = useState<Kind>('own')
  const [name, setName] = useState('')
  const [appId, setAppId] = useState('')
  const [life, setLife] = useState<Life>('90')
  const [scopes, setScopes] = useState<ReadonlySet<Permission> | null>(null)
  const make = useMutation({
    mutationFn: () => {
      const terms: NewKeyTerms = { name, expires_at: expiryOf(life, Date.now()) }
      if (kind !== 'app' && scopes) terms.scopes = [...scopes]
      return workspace.createKey(kind === 'app' ? { appId } : kind, terms)
    },
    onSuccess: () => refresh('keys'),
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    make.mutate()
  }
  if (make.data) return <Made secret={make.data.secret} onClose={onClose} />
  return (
    <form onSubmit={submit} className="space-y-4">
      <KindChoice kinds={kinds} kind={kind} onKind={setKind} />
      {kind === 'app' && <AppChoice appId={appId} onApp={setAppId} />}
      <TextField
        label={text.keys.name}
        help={text.keys.nameHelp}
        maxLength={100}
        autoComplete="off"
        value={name}
        onChange={setName}
      />
      <Field label={text.keys.life} required>
        {(wiring) => (
          <select
            {...wiring}
            value={life}
            onChange={(event) => setLife(event.target.value as Life)}
            className={inputClasses}
          >
            {LIVES.map((each) => (
              <option key={each} value={each}>
                {text.keys.lives[each]}
              </option>
            ))}
          </select>
        )}
      </Field>
      {kind !== 'app' && <Scopes session={session} scopes={scopes} onScopes={setScopes} />}
      {make.error && <Trouble error={make.error} />}
      <div className="flex justify-end gap-2">
        <Button onClick={onClose}>{text.common.cancel}</Button>
        <Button type="submit" look="primary" disabled={make.isPending || (kind === 'app' && appId === '')}>
          {text.keys.makeYes}
        </Button>
      </div>
    </form>
  )
}

function KindChoice({ kinds, kind, onKind }: { kinds: readonly Kind[]; kind: Kind; onKind: (kind: Kind) => void }) {
  return (
    <fieldset className="space-y-1.5">
      <legend className="text-sm font-medium">{text.keys.kind}</legend>
      {kinds.map((each) => (
        <label key={each} className="flex items-start gap-2 text-sm">
          <input type="radio" name="kind" className="mt-1" checked={kind === each} onChange={() => onKind(each)} />
          <span>
            <span className="font-medium">{text.keys.kinds[each]}</span>
            <span className="block text-xs text-faded">{text.keys.kindHelp[each]}</span>
          </span>
        </label>
      ))}
    </fieldset>
  )
}

function AppChoice({ appId, onApp }: { appId: string; onApp: (appId: string) => void }) {
  const apps = useAppChoices()
  return (
    <Field label={text.keys.app} required>
      {(wiring) => (
        <select {...wiring} value={appId} onChange={(event) => onApp(event.target.value)} className={inputClasses}>
          <option value="">{text.form.choose}</option>
          {apps.data?.map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </select>
      )}
    </Field>
  )
}

interface ScopesProps {
  session: Session
  scopes: ReadonlySet<Permission> | null
  onScopes: (scopes: ReadonlySet<Permission> | null) => void
}

function Scopes({ session, scopes, onScopes }: ScopesProps) {
  return (
    <div className="space-y-3">
      <label className="flex items-center gap-2 text-sm">
        <input
          type="checkbox"
          checked={scopes !== null}
          onChange={(event) => onScopes(event.target.checked ? new Set<Permission>(['apps.read']) : null)}
        />
        {text.keys.narrow}
      </label>
      {scopes && <PermissionPicker chosen={scopes} held={session.permissions} onChange={onScopes} />}
    </div>
  )
}

function Made({ secret, onClose }: { secret: string; onClose: () => void }) {
  return (
    <div className="space-y-4">
      <Secret title={text.access.once} value={secret} copy={text.access.copyKey} />
      <div className="flex justify-end">
        <Button look="primary" onClick={onClose}>
          {text.members.done}
        </Button>
      </div>
    </div>
  )
}
