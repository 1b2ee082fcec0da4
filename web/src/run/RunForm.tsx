import { useEffect, useRef } from 'react'
import type { FormField } from '@/api/types'
import { Field, inputClasses } from '@/ui/Field'
import { text } from '@/ui/text'
import { FileField } from './FileField'
import { isFile, takesUploads } from './files'
import { type FormErrors, type FormValue, type FormValues, givenFiles, isText, shownFields } from './form'

interface Props {
  form: readonly FormField[]
  values: FormValues
  errors: FormErrors
  disabled?: boolean
  /** Counts how often errors were found that must not be overlooked: the first is brought into view. */
  alarm?: number
  /** The app that files are handed in for; without one, they are given by their addresses. */
  appId?: string
  onChange: (variable: string, value: FormValue) => void
}

export function RunForm({ form, values, errors, disabled, alarm = 0, appId, onChange }: Props) {
  const fields = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (alarm > 0 && fields.current) goToFirstError(fields.current)
  }, [alarm])
  return (
    <div ref={fields} className="space-y-4">
      {shownFields(form).map((field) => (
        <FieldRow
          key={field.variable}
          field={field}
          value={values[field.variable] ?? ''}
          error={errors[field.variable] ?? null}
          disabled={disabled}
          appId={appId}
          onChange={(value) => onChange(field.variable, value)}
        />
      ))}
    </div>
  )
}

export function goToFirstError(fields: HTMLElement): void {
  const first = fields.querySelector<HTMLElement>('[aria-invalid="true"]')
  if (!first) return
  first.closest('details')?.setAttribute('open', '')
  first.scrollIntoView({ block: 'center' })
  first.focus({ preventScroll: true })
}

interface RowProps {
  field: FormField
  value: FormValue
  error: string | null
  disabled?: boolean
  appId?: string
  onChange: (value: FormValue) => void
}

export function FieldRow({ field, value, error, disabled = false, appId, onChange }: RowProps) {
  const label = field.label || field.variable
  if (field.type === 'checkbox') return <CheckRow {...{ field, value, error, disabled, onChange }} />
  if (isFile(field.type)) return <FilesRow {...{ field, value, error, disabled, appId, onChange }} />
  const given = String(value)
  const count = isText(field.type) && field.max_length ? { length: [...given].length, max: field.max_length } : null
  return (
    <Field label={label} required={field.required} help={field.description} error={error} count={count}>
      {(wiring) => (
        <Control
          field={field}
          wiring={{ ...wiring, disabled, name: field.variable, 'aria-required': field.required }}
          value={given}
          onChange={onChange}
        />
      )}
    </Field>
  )
}

function FilesRow({ field, value, error, disabled = false, appId, onChange }: RowProps) {
  const byAddress = !appId || !takesUploads(field)
  const help = field.type === 'file' ? text.form.fileHelp : text.form.filesHelp
  return (
    <Field
      label={field.label || field.variable}
      required={field.required}
      help={field.description || (byAddress ? help : '')}
      error={error}
    >
      {(wiring) => (
        <FileField
          field={field}
          files={givenFiles(value)}
          wiring={{ ...wiring, name: field.variable, 'aria-required': field.required }}
          disabled={disabled}
          appId={appId ?? null}
          onChange={onChange}
        />
      )}
    </Field>
  )
}

interface ControlProps {
  field: FormField
  wiring: Record<string, unknown> & { id: string }
  value: string
  onChange: (value: string) => void
}

function Control({ field, wiring, value, onChange }: ControlProps) {
  const common = { ...wiring, value, onChange: ({ target }: { target: { value: string } }) => onChange(target.value) }
  switch (field.type) {
    case 'paragraph':
      return <textarea {...common} rows={5} className={`${inputClasses} field-sizing-content max-h-96 min-h-28`} />
    case 'json_object':
      return (
        <textarea
          {...common}
          rows={5}
          spellCheck={false}
          placeholder="{ }"
          className={`${inputClasses} font-mono text-xs!`}
        />
      )
    case 'number':
      return <input {...common} inputMode="decimal" className={`${inputClasses} tabular-nums`} />
    case 'select':
      return (
        <select {...common} className={inputClasses}>
          <option value="">{text.form.choose}</option>
          {field.options.map((option) => (
            <option key={option}>{option}</option>
          ))}
        </select>
      )
    default:
      return <input {...common} className={inputClasses} />
  }
}

function CheckRow({ field, value, error, disabled, onChange }: RowProps) {
  return (
    <div className="space-y-1">
      <label className="flex items-center gap-2.5 text-sm font-medium">
        <input
          type="checkbox"
          name={field.variable}
          aria-invalid={Boolean(error)}
          className="size-4.5 accent-thread"
          checked={value === true}
          disabled={disabled}
          onChange={(event) => onChange(event.target.checked)}
        />
        {field.label || field.variable}
      </label>
      {field.description && <p className="text-xs text-faded">{field.description}</p>}
      {error && (
        <p role="alert" className="text-sm text-madder">
          {error}
        </p>
      )}
    </div>
  )
}
