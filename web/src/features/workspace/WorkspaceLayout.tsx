import { NavLink, Outlet } from 'react-router'
import { may } from '@/api/may'
import { useSession } from '@/api/queries'
import { classes } from '@/ui/classes'
import { Loading } from '@/ui/Loading'
import { text } from '@/ui/text'
import { SECTIONS } from './sections'

/** The pages of a workspace beside each other: those that one may open. */
export default function WorkspaceLayout() {
  const session = useSession()
  if (!session.data) return <Loading />
  const { data } = session
  const shown = SECTIONS.filter(({ needs }) => needs === null || may(data, needs))
  return (
    <div className="mx-auto w-full max-w-5xl gap-8 px-4 py-6 sm:px-6 md:grid md:grid-cols-[11rem_minmax(0,1fr)]">
      <nav aria-label={text.workspace.title} className="max-md:mb-5">
        <p className="mb-2 truncate px-2.5 text-sm font-semibold text-faded max-md:hidden">{data.workspace.name}</p>
        <ul className="flex flex-wrap gap-x-0.5 gap-y-1 md:flex-col">
          {shown.map(({ path, icon: Icon, label }) => (
            <li key={path}>
              <NavLink
                to={path}
                end={path === '/workspace'}
                className={({ isActive }) =>
                  classes(
                    'flex items-center gap-2 rounded-[5px] px-2 py-1.5 text-sm font-medium sm:px-2.5',
                    isActive ? 'bg-well text-ink' : 'text-faded hover:text-ink',
                  )
                }
              >
                <Icon size={15} aria-hidden className="max-md:hidden" />
                {label}
              </NavLink>
            </li>
          ))}
        </ul>
      </nav>
      <div className="min-w-0 space-y-6">
        <Outlet />
      </div>
    </div>
  )
}
