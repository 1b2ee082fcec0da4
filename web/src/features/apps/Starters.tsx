import { useMutation } from '@tanstack/react-query'
import { ArrowUpRight } from 'lucide-react'
import { useState } from 'react'
import { useNavigate } from 'react-router'
import { api } from '@/api/endpoints'
import { refreshApps, useStarters } from '@/api/queries'
import type { Starter } from '@/api/types'
import { Trouble } from '@/ui/Trouble'
import { text } from '@/ui/text'
import { AppIcon } from './AppIcon'
import { modeName } from './modes'
import { onceUntilFailed } from './once'

/** Apps to begin with; one click copies one and opens it. */
export function Starters() {
  const starters = useStarters()
  const navigate = useNavigate()
  const add = useMutation({
    mutationFn: (id: string) => api.addStarter(id),
    onSuccess: (app) => {
      refreshApps()
      navigate(`/apps/${app.id}`)
    },
  })
  const [copy] = useState(() => onceUntilFailed(add.mutateAsync))
  // The page stays until the app's page has loaded, so a copy that is made still counts as busy.
  const busy = add.isPending || add.isSuccess
  if (!starters.data?.data.length) return null
  return (
    <section aria-labelledby="starters" className="space-y-3">
      <div>
        <h2 id="starters" className="text-xl">
          {text.starters.title}
        </h2>
        <p className="text-sm text-faded">{text.starters.lead}</p>
      </div>
      {add.error && <Trouble error={add.error} />}
      <ul className="grid gap-3 sm:grid-cols-2 lg:grid-cols-3 xl:grid-cols-6">
        {starters.data.data.map((starter) => (
          <li key={starter.id}>
            <StarterTag
              starter={starter}
              busy={busy}
              copying={add.variables === starter.id && busy}
              onUse={() => copy(starter.id)}
            />
          </li>
        ))}
      </ul>
    </section>
  )
}

interface TagProps {
  starter: Starter
  busy: boolean
  copying: boolean
  onUse: () => void
}

function StarterTag({ starter, busy, copying, onUse }: TagProps) {
  return (
    <button
      type="button"
      disabled={busy}
      onClick={onUse}
      aria-label={text.starters.use(starter.name)}
      className="stitched group flex h-full w-full flex-col gap-2 p-3.5 text-left transition-colors hover:border-thread hover:bg-sheet disabled:opacity-60"
    >
      <span className="flex w-full items-start justify-between">
        <AppIcon
          icon={starter.icon}
          background={starter.icon_background}
          name={starter.name}
          className="size-9 text-lg"
        />
        <ArrowUpRight size={16} aria-hidden className="text-seam group-hover:text-thread" />
      </span>
      <span className="font-serif text-base leading-tight font-semibold">{starter.name}</span>
      <span className="text-[13px] leading-snug text-faded">{starter.description}</span>
      <span className="mt-auto pt-1 text-xs text-faded">
        {copying ? text.starters.copying : modeName(starter.mode)}
      </span>
    </button>
  )
}
