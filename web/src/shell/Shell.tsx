import { Boxes, History, Library, Moon, Shapes, Sun } from 'lucide-react'
import { type ReactNode, Suspense, useEffect } from 'react'
import { Link, NavLink, Outlet } from 'react-router'
import { isMissing } from '@/api/client'
import { useConnection } from '@/api/connection'
import { queries, refreshFailed, useSession } from '@/api/queries'
import type { Session } from '@/api/types'
import { NoWorkspace } from '@/features/entry/NoWorkspace'
import { WorkspaceMenu } from '@/features/workspace/WorkspaceMenu'
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
  const leaving = useConnection((state) => state.leaving)
  const signedOut = useConnection((state) => state.signedOut)
  // First, since what is refused while we sign out is no reason to ask who we are.
  if (leaving) return <Loading />
  if (signedOut) return <SignedOut onRetry={() => location.reload()} />
  if (isMissing(session.error)) return <NoWorkspace />
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
          <NavItem to="/knowledge" icon={<Library size={16} aria-hidden />}>
            {text.shell.knowledge}
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
          'flex items-center gap-1.5 rounded-[5px] px-1.5 py-1.5 text-xs font-medium sm:px-3 sm:text-sm',
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
