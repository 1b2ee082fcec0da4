import type { Role } from '@/api/workspace'
import { text } from '@/ui/text'

/** How a role is called: one that every workspace has by our word, one of this workspace by its own name. */
export const roleName = (id: string, roles: readonly Role[] = []): string =>
  text.roles.names[id] ?? roles.find((role) => role.id === id)?.name ?? text.roles.own
