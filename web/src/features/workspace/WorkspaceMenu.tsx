import { Check, ChevronDown, CircleUserRound, LogOut, Settings2, UserRound } from 'lucide-react'
import { DropdownMenu } from 'radix-ui'
import { type ReactNode, useState } from 'react'
import { useNavigate } from 'react-router'
import { chooseWorkspace } from '@/api/chosen'
import { reportConnection } from '@/api/connection'
import { api } from '@/api/endpoints'
import type { Session } from '@/api/types'
import { useWorkspaces } from '@/api/workspaceQueries'
import { text } from '@/ui/text'

/** Which workspace this is, as whom; the way to others, and out. */
export function WorkspaceMenu({ session }: { session: Session }) {
  const [open, setOpen] = useState(false)
  const go = useNavigate()
  const leave = async () => {
    reportConnection({ leaving: true })
    // Who comes back by the browser's history would find this page as it was left.
    addEventListener('pageshow', (event) => event.persisted && location.reload())
    await api.signOut().catch(() => {})
    location.assign('/sign-out')
  }
  return (
    <DropdownMenu.Root open={open} onOpenChange={setOpen}>
      <DropdownMenu.Trigger
        aria-label={text.shell.workspaceMenu(session.workspace.name)}
        className="flex h-9 items-center gap-1.5 rounded-[5px] px-2 text-sm font-medium text-faded hover:bg-well hover:text-ink data-[state=open]:bg-well data-[state=open]:text-ink"
      >
        <CircleUserRound size={17} aria-hidden />
        <span className="hidden max-w-48 truncate md:inline">{session.workspace.name}</span>
        <ChevronDown size={14} aria-hidden />
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content
          align="end"
          sideOffset={4}
          className="rise z-30 max-h-[80dvh] max-w-72 min-w-52 overflow-y-auto rounded-[5px] border border-line bg-sheet p-1 shadow-lift"
        >
          <DropdownMenu.Label className="px-3 py-2 text-xs text-faded">
            <span className="block text-sm font-semibold wrap-anywhere text-ink md:hidden">
              {session.workspace.name}
            </span>
            {session.actor.name && (
              <span className="block wrap-anywhere">{text.shell.signedInAs(session.actor.name)}</span>
            )}
            <span className="block">{text.shell.version(session.version)}</span>
          </DropdownMenu.Label>
          <Others present={session.workspace.id} />
          <DropdownMenu.Separator className="my-1 h-px bg-line" />
          <Item icon={<UserRound size={15} aria-hidden />} onSelect={() => go('/account')}>
            {text.shell.account}
          </Item>
          <Item icon={<Settings2 size={15} aria-hidden />} onSelect={() => go('/workspace')}>
            {text.shell.settings}
          </Item>
          <Item icon={<LogOut size={15} aria-hidden />} onSelect={leave}>
            {text.shell.signOut}
          </Item>
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  )
}

function Item({ icon, onSelect, children }: { icon: ReactNode; onSelect: () => void; children: ReactNode }) {
  return (
    <DropdownMenu.Item
      onSelect={onSelect}
      className="flex items-center gap-2.5 rounded-tag px-3 py-2 text-sm outline-none data-highlighted:bg-well"
    >
      {icon}
      {children}
    </DropdownMenu.Item>
  )
}

/** Of who is in one workspace only, nothing is asked. */
function Others({ present }: { present: string }) {
  const { data } = useWorkspaces()
  const all = data?.data ?? []
  if (all.length < 2) return null
  return (
    <>
      <DropdownMenu.Separator className="my-1 h-px bg-line" />
      <DropdownMenu.RadioGroup
        value={present}
        aria-label={text.shell.switchTo}
        onValueChange={(id) => {
          chooseWorkspace(id)
          location.assign('/')
        }}
      >
        {all.map(({ id, name }) => (
          <DropdownMenu.RadioItem
            key={id}
            value={id}
            className="flex items-center gap-2.5 rounded-tag px-3 py-2 text-sm outline-none data-highlighted:bg-well"
          >
            <span className="grid size-[15px] place-items-center">
              <DropdownMenu.ItemIndicator>
                <Check size={15} aria-hidden />
              </DropdownMenu.ItemIndicator>
            </span>
            <span className="wrap-anywhere">{name}</span>
          </DropdownMenu.RadioItem>
        ))}
      </DropdownMenu.RadioGroup>
    </>
  )
}
