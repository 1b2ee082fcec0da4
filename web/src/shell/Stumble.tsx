import { useRouteError } from 'react-router'
import { Trouble } from '@/ui/Trouble'

/** Where a page ends that broke while it was drawn: say so, and offer to draw it again. */
export function Stumble() {
  const error = useRouteError()
  return (
    <main className="mx-auto max-w-lg p-6">
      <Trouble error={error instanceof Error ? error : new Error(String(error))} onRetry={() => location.reload()} />
    </main>
  )
}
