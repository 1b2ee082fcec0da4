import { type LucideIcon, Users } from 'lucide-react'
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
  { path: '/workspace/members', label: text.members.title, icon: Users, needs: 'members.read' },
]
