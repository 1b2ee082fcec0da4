import { LogIn } from 'lucide-react'
import { useWaysIn } from '@/api/workspaceQueries'
import { buttonClasses } from '@/ui/Button'
import { CopyButton } from '@/ui/CopyButton'
import { Loading } from '@/ui/Loading'
import { Trouble } from '@/ui/Trouble'
import { text } from '@/ui/text'
import { SignInForm } from './SignInForm'

/** All the ways in that this server has. Who comes back from a provider comes to `next`. */
export function WaysIn({ next, onDone }: { next: string; onDone: () => void }) {
  const ways = useWaysIn()
  if (ways.isPending) return <Loading />
  if (ways.error) return <Trouble error={ways.error} onRetry={() => ways.refetch()} />
  const { password, providers, link_command: linkCommand } = ways.data
  return (
    <div className="space-y-5">
      {password && <SignInForm onDone={onDone} />}
      {providers.map(({ id, label, path }) => (
        <a key={id} href={`${path}?next=${encodeURIComponent(next)}`} className={`${buttonClasses()} w-full`}>
          <LogIn size={16} aria-hidden />
          {text.entry.continueWith(label)}
        </a>
      ))}
      <ByLink command={linkCommand} />
      {password && <NoAccount />}
    </div>
  )
}

const RESET_COMMAND = 'loomwork people password-link'

/** The way of whoever runs Loomwork on the machine before them. */
function ByLink({ command }: { command: string }) {
  return (
    <div className="space-y-2 border-t border-line pt-4 text-sm text-faded">
      <h2 className="text-base text-ink">{text.entry.byLink}</h2>
      <p>{text.entry.byLinkHelp}</p>
      <div className="flex items-center gap-2 rounded-[5px] bg-well py-1 pr-1 pl-3 text-ink">
        <code className="min-w-0 flex-1 font-mono text-sm [overflow-wrap:anywhere]">{command}</code>
        <CopyButton value={command} />
      </div>
      <p>{text.entry.byLinkRestart}</p>
    </div>
  )
}

function NoAccount() {
  return (
    <details className="text-sm text-faded">
      <summary className="font-medium">{text.entry.noAccount}</summary>
      <div className="space-y-2 pt-2">
        <p>{text.entry.noAccountHelp}</p>
        <p>
          {text.entry.forgotHelp} <code className="font-mono text-xs">{RESET_COMMAND}</code>
        </p>
      </div>
    </details>
  )
}
