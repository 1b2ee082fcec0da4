import type { ReactNode } from 'react'
import { may, type Permission } from '@/api/may'
import { useSession } from '@/api/queries'
import { EmptyState } from '@/ui/EmptyState'
import { Loading } from '@/ui/Loading'
import { text } from '@/ui/text'

/** A page that asks for a permission: who lacks it is told so, and by whom they can get it. */
export function Guarded({ needs, appId, children }: { needs: Permission; appId?: string; children: ReactNode }) {
  const { data: session } = useSession()
  if (!session) return <Loading />
  if (may(session, needs, appId)) return children
  return (
    <EmptyState title={text.workspace.closed}>
      <p>{text.workspace.closedHelp(text.permissions.names[needs] ?? needs)}</p>
    </EmptyState>
  )
}
