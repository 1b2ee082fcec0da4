import { PERMISSION_GROUPS, type Permission } from '@/api/may'
import { classes } from '@/ui/classes'
import { text } from '@/ui/text'
import { GROUPS, permissionName } from './permissions'

interface Props {
  chosen: ReadonlySet<Permission>
  /** Those that whoever chooses has: nobody can give more. */
  held: readonly string[]
  onChange: (chosen: ReadonlySet<Permission>) => void
}

/** Permissions to be ticked, in groups. */
export function PermissionPicker({ chosen, held, onChange }: Props) {
  const toggle = (permission: Permission) => {
    const next = new Set(chosen)
    if (!next.delete(permission)) next.add(permission)
    onChange(next)
  }
  return (
    <div className="grid gap-4 sm:grid-cols-2">
      {GROUPS.map((group) => (
        <fieldset key={group} className="space-y-1">
          <legend className="text-sm font-semibold">{text.permissions.groups[group]}</legend>
          {PERMISSION_GROUPS[group].map((permission) => {
            const closed = !held.includes(permission) && !chosen.has(permission)
            return (
              <label
                key={permission}
                title={closed ? text.roles.notYours : undefined}
                className={classes('flex items-start gap-2 text-sm', closed && 'text-faded')}
              >
                <input
                  type="checkbox"
                  className="mt-1"
                  checked={chosen.has(permission)}
                  disabled={closed}
                  onChange={() => toggle(permission)}
                />
                {permissionName(permission)}
              </label>
            )
          })}
        </fieldset>
      ))}
    </div>
  )
}
