import type { Role } from '@/api/workspace'
import { classes } from '@/ui/classes'
import { inputClasses } from '@/ui/Field'
import { roleName } from './roles'

interface Props {
  label?: string
  id?: string
  roles: readonly Role[]
  value: string
  disabled?: boolean
  onChange: (role: string) => void
}

/** The roles of the workspace to choose from, those that every workspace has first. */
export function RoleChoice({ label, id, roles, value, disabled, onChange }: Props) {
  const known = roles.some((role) => role.id === value)
  return (
    <select
      id={id}
      aria-label={label}
      value={value}
      disabled={disabled}
      onChange={(event) => onChange(event.target.value)}
      className={classes(inputClasses, label !== undefined && 'w-auto max-w-44 py-1 text-sm')}
    >
      {!known && <option value={value}>{roleName(value)}</option>}
      {roles.map((role) => (
        <option key={role.id} value={role.id}>
          {roleName(role.id, roles)}
        </option>
      ))}
    </select>
  )
}
