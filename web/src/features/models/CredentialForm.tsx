import { useMutation } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { api } from '@/api/endpoints'
import { refreshModels } from '@/api/queries'
import type { CredentialField, ProviderInfo } from '@/api/types'
import { Button } from '@/ui/Button'
import { Field, inputClasses } from '@/ui/Field'
import { Trouble } from '@/ui/Trouble'
import { text } from '@/ui/text'
import { toast } from '@/ui/toast'
import { filled, freeName } from './providers'

/** The fields that the provider's file asks for. What is given is tried by a real call before it is stored. */
export function CredentialForm({ provider }: { provider: ProviderInfo }) {
  const [values, setValues] = useState<Record<string, string>>({})
  const [verify, setVerify] = useState(true)
  const add = useMutation({
    mutationFn: () =>
      api.addCredential(provider.id, {
        name: freeName(provider.credentials.map(({ name }) => name)),
        values: filled(values),
        verify,
      }),
    onSuccess: () => {
      setValues({})
      toast(text.models.stored(provider.label))
      refreshModels()
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    add.mutate()
  }
  return (
    <form onSubmit={submit} className="max-w-md space-y-3" autoComplete="off">
      {provider.fields.map((field) => (
        <Input
          key={field.name}
          field={field}
          value={values[field.name] ?? ''}
          onChange={(value) => setValues({ ...values, [field.name]: value })}
        />
      ))}
      <label className="flex items-center gap-2 text-sm">
        <input type="checkbox" checked={verify} onChange={(event) => setVerify(event.target.checked)} />
        {text.models.verify}
      </label>
      {add.error && (
        <>
          <Trouble error={add.error} />
          <p className="text-sm text-faded">{verify ? text.models.notStoredTry : text.models.notStored}</p>
        </>
      )}
      <div className="flex flex-wrap items-center gap-3">
        <Button type="submit" look="primary" size="small" disabled={add.isPending}>
          {add.isPending ? text.models.trying : provider.credentials.length ? text.models.addAnother : text.models.add}
        </Button>
        {provider.links.keys && (
          <a href={provider.links.keys} target="_blank" rel="noreferrer" className="text-sm text-thread underline">
            {text.models.getKey}
          </a>
        )}
      </div>
    </form>
  )
}

function Input({
  field,
  value,
  onChange,
}: {
  field: CredentialField
  value: string
  onChange: (value: string) => void
}) {
  return (
    <Field label={field.label} required={field.required} help={field.help ?? undefined}>
      {(wiring) =>
        field.choices.length > 0 ? (
          <select {...wiring} value={value} onChange={(event) => onChange(event.target.value)} className={inputClasses}>
            <option value="">{field.default ?? text.models.choose}</option>
            {field.choices.map((choice) => (
              <option key={choice}>{choice}</option>
            ))}
          </select>
        ) : (
          <input
            {...wiring}
            type={field.secret ? 'password' : 'text'}
            autoComplete={field.secret ? 'new-password' : 'off'}
            spellCheck={false}
            required={field.required && field.default === null}
            placeholder={field.default ?? undefined}
            value={value}
            onChange={(event) => onChange(event.target.value)}
            className={inputClasses}
          />
        )
      }
    </Field>
  )
}
