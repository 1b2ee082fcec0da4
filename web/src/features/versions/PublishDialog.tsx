import { useMutation } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { ENVIRONMENTS, type Environment, life } from '@/api/life'
import { refreshApps } from '@/api/queries'
import { refresh } from '@/api/workspaceQueries'
import { Button } from '@/ui/Button'
import { Dialog } from '@/ui/Dialog'
import { Field, inputClasses } from '@/ui/Field'
import { Trouble } from '@/ui/Trouble'
import { text } from '@/ui/text'
import { toast } from '@/ui/toast'

interface Props {
  appId: string
  /** The version that stands in production. */
  published: number | null
  open: boolean
  onClose: () => void
}

/** Freezes the draft, with a word about it, for those who are to get it first. */
export function PublishDialog({ appId, published, open, onClose }: Props) {
  return (
    <Dialog open={open} onClose={onClose} title={text.versions.publish} description={text.versions.publishHelp}>
      {open && <PublishForm appId={appId} published={published} onClose={onClose} />}
    </Dialog>
  )
}

function PublishForm({ appId, published, onClose }: Omit<Props, 'open'>) {
  const [notes, setNotes] = useState('')
  const [environment, setEnvironment] = useState<Environment>('prod')
  const publish = useMutation({
    mutationFn: async () => ({ ...(await life.publish(appId, notes, environment)), before: published }),
    onSuccess: async ({ number, before }) => {
      await Promise.all([refreshApps(), refresh('versions', 'difference')])
      const same = environment === 'prod' && number === before
      toast(
        same ? text.app.unchanged(number) : text.versions.published(number, text.versions.environments[environment]),
      )
      onClose()
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    publish.mutate()
  }
  return (
    <form onSubmit={submit} className="space-y-4">
      <Field label={text.versions.notes} help={text.versions.notesHelp}>
        {(wiring) => (
          <textarea
            {...wiring}
            rows={3}
            maxLength={10_000}
            value={notes}
            onChange={(event) => setNotes(event.target.value)}
            className={inputClasses}
          />
        )}
      </Field>
      <Field label={text.versions.environment} required help={text.versions.environmentHelp[environment]}>
        {(wiring) => (
          <select
            {...wiring}
            value={environment}
            onChange={(event) => setEnvironment(event.target.value as Environment)}
            className={inputClasses}
          >
            {ENVIRONMENTS.map((each) => (
              <option key={each} value={each}>
                {text.versions.environments[each]}
              </option>
            ))}
          </select>
        )}
      </Field>
      {publish.error && <Trouble error={publish.error} />}
      <div className="flex justify-end gap-2">
        <Button onClick={onClose}>{text.common.cancel}</Button>
        <Button type="submit" look="primary" disabled={publish.isPending}>
          {text.app.publish}
        </Button>
      </div>
    </form>
  )
}
