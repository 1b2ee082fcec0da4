import { may } from '@/api/may'
import { useSession } from '@/api/queries'
import { useAppChoices, useEveryMember } from '@/api/workspaceQueries'

/** How members are called, by their ids; null for those that are gone or may not be seen. */
export function useNames(): (id: string) => string | null {
  const { data: session } = useSession()
  const members = useEveryMember(may(session, 'members.read'))
  const names = new Map(members.data?.map(({ id, name }) => [id, name]))
  return (id) => names.get(id) ?? (session?.actor.id === id ? session.actor.name : null)
}

/** How apps are called, by their ids; null for those that are gone or may not be seen. */
export function useAppNames(): (id: string) => string | null {
  const { data: session } = useSession()
  const apps = useAppChoices(may(session, 'apps.read'))
  const names = new Map(apps.data?.map(({ id, name }) => [id, name]))
  return (id) => names.get(id) ?? null
}
