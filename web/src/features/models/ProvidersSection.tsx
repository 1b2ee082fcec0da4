import { Search } from 'lucide-react'
import { useMemo, useState } from 'react'
import { useSearchParams } from 'react-router'
import { useProviders } from '@/api/queries'
import type { ProviderInfo } from '@/api/types'
import { inputClasses } from '@/ui/Field'
import { Loading } from '@/ui/Loading'
import { Trouble } from '@/ui/Trouble'
import { text } from '@/ui/text'
import { PROVIDER } from './address'
import { ProviderRow } from './ProviderRow'
import { matching } from './providers'

/** Who else offers models: those that are set up, and then all that could be. */
export function ProvidersSection() {
  const providers = useProviders()
  const [search, setSearch] = useState('')
  const [address] = useSearchParams()
  // Here, as a row moves to the other list when its provider is set up, and is to stay open there.
  const [open, setOpen] = useState<string | null>(address.get(PROVIDER))
  const found = useMemo(() => matching(providers.data?.data ?? [], search), [providers.data, search])
  if (providers.isPending) return <Loading />
  if (providers.error) return <Trouble error={providers.error} onRetry={() => providers.refetch()} />
  return (
    <section aria-labelledby="providers" className="space-y-3">
      <div className="flex flex-wrap items-end justify-between gap-3">
        <h2 id="providers" className="text-xl">
          {text.models.providers}
        </h2>
        <label className="relative w-full sm:w-64">
          <span className="sr-only">{text.models.search}</span>
          <Search aria-hidden size={15} className="absolute top-1/2 left-3 -translate-y-1/2 text-faded" />
          <input
            type="search"
            value={search}
            placeholder={text.models.search}
            onChange={(event) => setSearch(event.target.value)}
            className={`${inputClasses} pl-9`}
          />
        </label>
      </div>
      <Group
        title={text.models.setUp}
        providers={found.ready}
        open={open}
        onOpen={setOpen}
        empty={search ? null : text.models.noneSetUp}
      />
      <Group title={text.models.toSetUp} providers={found.others} open={open} onOpen={setOpen} empty={null} />
      {search && found.ready.length + found.others.length === 0 && (
        <p className="text-faded">{text.models.nothingFound(search)}</p>
      )}
    </section>
  )
}

interface GroupProps {
  title: string
  providers: ProviderInfo[]
  open: string | null
  onOpen: (provider: string | null) => void
  empty: string | null
}

function Group({ title, providers, open, onOpen, empty }: GroupProps) {
  if (providers.length === 0 && empty === null) return null
  return (
    <div className="space-y-1.5">
      <h3 className="text-sm font-semibold text-faded">{title}</h3>
      {providers.length === 0 && <p className="text-sm text-faded">{empty}</p>}
      {providers.length > 0 && (
        <ul className="divide-y divide-line overflow-hidden rounded-[5px] border border-line bg-sheet">
          {providers.map((provider) => (
            <ProviderRow
              key={provider.id}
              provider={provider}
              open={open === provider.id}
              onOpen={(wanted) => onOpen(wanted ? provider.id : null)}
            />
          ))}
        </ul>
      )}
    </div>
  )
}
