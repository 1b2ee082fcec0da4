import { useEffect, useRef } from 'react'
import type { FormField } from '@/api/types'
import { Field, inputClasses } from '@/ui/Field'
import { text } from '@/ui/text'
import { type FormErrors, type FormValue, type FormValues, isText, shownFields } from './form'

interface Props {
  form: readonly FormField[]
  values: FormValues
  errors: FormErrors
  disabled?: boolean
  /** Counts how often errors were found that must not be overlooked: the first is brought into view. */
  alarm?: number
  onChange: (variable: string, value: FormValue) => void
}

export function RunForm({ form, values, errors, disabled, alarm = 0, onChange }: Props) {
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
  onChange: (value: FormValue) => void
}

export function FieldRow({ field, value, error, disabled, onChange }: RowProps) {
  const label = field.label || field.variable
  if (field.type === 'checkbox') return <CheckRow {...{ field, value, error, disabled, onChange }} />
  const given = String(value)
  const count = isText(field.type) && field.max_length ? { length: [...given].length, max: field.max_length } : null
  return (
    <Field label={label} required={field.required} help={helpOf(field)} error={error} count={count}>
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

function helpOf({ description, type }: FormField): string {
  const fallback: Record<string, string> = { file: text.form.fileHelp, 'file-list': text.form.filesHelp }
  return description || fallback[type] || ''
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
    case 'file-list':
      return <textarea {...common} rows={3} spellCheck={false} placeholder="https://" className={inputClasses} />
    case 'file':
      return <input {...common} type="url" placeholder="https://" className={inputClasses} />
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
