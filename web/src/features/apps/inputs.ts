import { useEffect, useReducer, useState } from 'react'
import { ApiError } from '@/api/client'
import type { AppOverview, JsonObject } from '@/api/types'
import { type FormErrors, type FormValue, initialValues, shownFields, validate } from '@/run/form'

/** The form's values, at first those given, and what is wrong with them by our own check or by the server's. */
export function useInputs(app: AppOverview, refusal: Error | null, given?: JsonObject) {
  const [values, setValues] = useState(() => initialValues(app.form, given))
  const [found, setFound] = useState<FormErrors>({})
  const field = refusal instanceof ApiError ? refusal.field : null
  const refused: FormErrors = refusal && field ? { [field]: refusal.message } : {}
  const [alarm, ring] = useReducer((rung: number) => rung + 1, 0)
  useEffect(() => {
    if (refusal instanceof ApiError && refusal.field) ring()
  }, [refusal])
  const check = (): boolean => {
    const errors = validate(app.form, values)
    setFound(errors)
    const wrong = Object.keys(errors).length > 0
    if (wrong) ring()
    return !wrong
  }
  const change = (variable: string, value: FormValue) => {
    setValues((current) => ({ ...current, [variable]: value }))
    setFound(({ [variable]: _mended, ...rest }) => rest)
  }
  const fill = ({ inputs }: { inputs: JsonObject }) => {
    setValues(initialValues(app.form, inputs))
    setFound({})
  }
  /** Whether this error stands at its field already. */
  const shows = (error: Error): boolean =>
    error instanceof ApiError && shownFields(app.form).some(({ variable }) => variable === error.field)
  return { values, errors: { ...refused, ...found }, alarm, check, change, fill, shows }
}
