import { KeyRound, type LucideIcon, MessagesSquare, ScrollText, Settings2, Tags, Users } from 'lucide-react'
import type { Permission } from '@/api/may'
import { text } from '@/ui/text'

export interface Section {
  path: string
  label: string
  icon: LucideIcon
  /** Null where everybody has something of their own there. */
  needs: Permission | null
}

/** The pages of a workspace, in their order. */
export const SECTIONS: readonly Section[] = [
  { path: '/workspace', label: text.workspace.general, icon: Settings2, needs: null },
  { path: '/workspace/members', label: text.members.title, icon: Users, needs: 'members.read' },
  { path: '/workspace/roles', label: text.roles.title, icon: Tags, needs: 'members.read' },
  { path: '/workspace/keys', label: text.keys.title, icon: KeyRound, needs: null },
  { path: '/workspace/logs', label: text.logs.title, icon: MessagesSquare, needs: 'runs.read' },
  { path: '/workspace/audit', label: text.audit.title, icon: ScrollText, needs: 'audit.read' },
]
