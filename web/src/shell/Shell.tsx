import { Boxes, ChevronDown, CircleUserRound, History, LogOut, Moon, Shapes, Sun } from 'lucide-react'
import { DropdownMenu } from 'radix-ui'
import { type ReactNode, Suspense, useEffect } from 'react'
import { Link, NavLink, Outlet } from 'react-router'
import { useConnection } from '@/api/connection'
import { api } from '@/api/endpoints'
import { queries, refreshFailed, useSession } from '@/api/queries'
import type { Session } from '@/api/types'
import { Button, IconButton } from '@/ui/Button'
import { classes } from '@/ui/classes'
import { Loading } from '@/ui/Loading'
import { Mark } from '@/ui/Logo'
import { Toaster } from '@/ui/Toaster'
import { text } from '@/ui/text'
import { SignedOut } from './SignedOut'
import { chooseTheme, useTheme } from './theme'

/** The frame around every page: who you are, where you can go, and whether the server is there. */
export function Shell() {
  const session = useSession()
  const signedOut = useConnection((state) => state.signedOut)
  if (signedOut) return <SignedOut onRetry={() => location.reload()} />
  return (
    <div className="flex h-dvh flex-col">
      <a href="#content" className="sr-only z-50 bg-ink px-3 py-2 text-paper focus:not-sr-only focus:fixed">
        {text.shell.skip}
      </a>
      <Header session={session.data} />
      <Unreachable />
      <main id="content" className="flex min-h-0 flex-1 flex-col overflow-y-auto">
        <Suspense fallback={<Loading />}>
          <Outlet />
        </Suspense>
      </main>
      <Toaster />
    </div>
  )
}

function Header({ session }: { session: Session | undefined }) {
  return (
    <header className="shrink-0 bg-sheet">
      <div className="flex h-14 items-center gap-1 px-3 sm:gap-3 sm:px-5">
        <Link to="/" className="mr-1 flex items-center gap-2 rounded-tag">
          <Mark className="size-7" />
          <span className="hidden font-serif text-[22px] leading-none font-semibold tracking-tight sm:inline">
            {text.common.product}
          </span>
        </Link>
        <nav aria-label={text.shell.navigation} className="flex flex-1 items-center sm:ml-4">
          <NavItem to="/" icon={<Shapes size={16} aria-hidden />}>
            {text.shell.apps}
          </NavItem>
          <NavItem to="/runs" icon={<History size={16} aria-hidden />}>
            {text.shell.runs}
          </NavItem>
          <NavItem to="/models" icon={<Boxes size={16} aria-hidden />}>
            {text.shell.models}
          </NavItem>
        </nav>
        <ThemeToggle />
        {session && <WorkspaceMenu session={session} />}
      </div>
      <div className="hem" aria-hidden />
    </header>
  )
}

function NavItem({ to, icon, children }: { to: string; icon: ReactNode; children: ReactNode }) {
  return (
    <NavLink
      to={to}
      end={to === '/'}
      className={({ isActive }) =>
        classes(
          'flex items-center gap-1.5 rounded-[5px] px-2.5 py-1.5 text-sm font-medium sm:px-3',
          isActive ? 'bg-well text-ink' : 'text-faded hover:text-ink',
        )
      }
    >
      <span className="hidden sm:inline">{icon}</span>
      {children}
    </NavLink>
  )
}

function ThemeToggle() {
  const theme = useTheme((state) => state.theme)
  const other = theme === 'dark' ? 'light' : 'dark'
  return (
    <IconButton label={other === 'dark' ? text.shell.toDark : text.shell.toLight} onClick={() => chooseTheme(other)}>
      {theme === 'dark' ? <Sun size={17} /> : <Moon size={17} />}
    </IconButton>
  )
}

/** Which workspace this is, as whom, and the way out of it. */
function WorkspaceMenu({ session }: { session: Session }) {
  const leave = async () => {
    await api.signOut().catch(() => {})
    location.assign('/')
  }
  return (
    <DropdownMenu.Root>
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
          className="rise z-30 max-w-72 min-w-52 rounded-[5px] border border-line bg-sheet p-1 shadow-lift"
        >
          <DropdownMenu.Label className="px-3 py-2 text-xs text-faded">
            <span className="block text-sm font-semibold wrap-anywhere text-ink">{session.workspace.name}</span>
            {session.actor.name && (
              <span className="block wrap-anywhere">{text.shell.signedInAs(session.actor.name)}</span>
            )}
            <span className="block">{text.shell.version(session.version)}</span>
          </DropdownMenu.Label>
          <DropdownMenu.Separator className="my-1 h-px bg-line" />
          <DropdownMenu.Item
            onSelect={leave}
            className="flex items-center gap-2.5 rounded-tag px-3 py-2 text-sm outline-none data-highlighted:bg-well"
          >
            <LogOut size={15} aria-hidden />
            {text.shell.signOut}
          </DropdownMenu.Item>
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  )
}

function Unreachable() {
  const reachable = useConnection((state) => state.reachable)
  useEffect(() => {
    if (reachable) void refreshFailed()
    else void queries.refetchQueries({ queryKey: ['session'] })
  }, [reachable])
  if (reachable) return null
  return (
    <div role="alert" className="flex flex-wrap items-center gap-x-3 gap-y-1 bg-madder-wash px-5 py-2 text-sm">
      <strong>{text.shell.unreachable}</strong>
      <span className="flex-1">{text.shell.unreachableHelp}</span>
      <Button size="small" onClick={() => queries.refetchQueries({ type: 'active' })}>
        {text.common.retry}
      </Button>
    </div>
  )
}
