import { Search } from 'lucide-react'
import { useDeferredValue, useState } from 'react'
import { useApps } from '@/api/queries'
import type { AppSummary } from '@/api/types'
import { Button } from '@/ui/Button'
import { inputClasses } from '@/ui/Field'
import { Loading } from '@/ui/Loading'
import { LoomArt } from '@/ui/Logo'
import { Trouble } from '@/ui/Trouble'
import { text } from '@/ui/text'
import { usePageTitle } from '@/ui/usePageTitle'
import { AppCard } from './AppCard'
import { ImportArea } from './ImportArea'
import { Starters } from './Starters'

export function AppsPage() {
  usePageTitle(text.shell.apps)
  return (
    <div className="mx-auto w-full max-w-7xl space-y-9 px-4 py-7 sm:px-6">
      <section className="grid items-center gap-6 lg:grid-cols-[1fr_23rem]">
        <div className="grid items-center gap-x-8 gap-y-3 md:grid-cols-[1fr_auto]">
          <div className="space-y-2">
            <h1 className="text-4xl leading-[1.1] sm:text-[44px]">{text.apps.title}</h1>
            <p className="max-w-md text-lg leading-snug text-faded">{text.apps.lead}</p>
          </div>
          <LoomArt className="hidden w-[22rem] md:block" />
        </div>
        <ImportArea />
      </section>
      <AppList />
      <Starters />
    </div>
  )
}

function AppList() {
  const [search, setSearch] = useState('')
  const wanted = useDeferredValue(search.trim())
  const apps = useApps(wanted)
  if (apps.error) return <Trouble error={apps.error} onRetry={() => apps.refetch()} />
  const shown = apps.data?.pages.flatMap((page) => page.data)
  if (shown?.length === 0 && !search) return <NoApps />
  return (
    <section aria-label={text.apps.title} className="space-y-4">
      <SearchBox value={search} onChange={setSearch} />
      {!shown && <Loading />}
      {shown?.length === 0 && <p className="py-8 text-faded">{text.apps.noMatch(wanted)}</p>}
      {shown && <AppGrid apps={shown} />}
      {apps.hasNextPage && (
        <div className="flex justify-center">
          <Button onClick={() => apps.fetchNextPage()} disabled={apps.isFetchingNextPage}>
            {apps.isFetchingNextPage ? text.common.loading : text.common.loadMore}
          </Button>
        </div>
      )}
    </section>
  )
}

function SearchBox({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  return (
    <div className="relative max-w-sm">
      <Search size={16} aria-hidden className="absolute top-1/2 left-3 -translate-y-1/2 text-faded" />
      <input
        type="search"
        aria-label={text.apps.search}
        placeholder={text.apps.search}
        className={`${inputClasses} pl-9`}
        value={value}
        onChange={(event) => onChange(event.target.value)}
      />
    </div>
  )
}

function AppGrid({ apps }: { apps: readonly AppSummary[] }) {
  return (
    <ul className="grid gap-4 sm:grid-cols-2 lg:grid-cols-3">
      {apps.map((app) => (
        <li key={app.id} className="grid">
          <AppCard app={app} />
        </li>
      ))}
    </ul>
  )
}

function NoApps() {
  return (
    <section className="stitched bg-sheet/60 px-6 py-8 text-center">
      <h2 className="text-2xl">{text.apps.none}</h2>
      <p className="mt-1 text-faded">{text.apps.noneHelp}</p>
    </section>
  )
}
