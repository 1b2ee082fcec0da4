import { Button } from '@/ui/Button'
import { CopyButton } from '@/ui/CopyButton'
import { LoomArt, Mark } from '@/ui/Logo'
import { text } from '@/ui/text'

const COMMAND = 'loomwork keys sign-in-link'

export function SignedOut({ onRetry }: { onRetry: () => void }) {
  return (
    <main className="grid min-h-dvh place-items-center p-4">
      <div className="w-full max-w-lg overflow-hidden rounded-md border border-line bg-sheet shadow-lift">
        <div className="hem" aria-hidden />
        <div className="space-y-4 p-7">
          <div className="flex items-center gap-2.5 font-serif text-2xl font-semibold">
            <Mark className="size-8" />
            {text.common.product}
          </div>
          <LoomArt className="w-full" />
          <h1 className="text-2xl">{text.shell.signedOutTitle}</h1>
          <p className="text-faded">{text.shell.signedOutBody}</p>
          <div className="flex items-center gap-2 rounded-[5px] bg-well py-1.5 pr-1.5 pl-3.5">
            <code className="flex-1 font-mono text-sm">{COMMAND}</code>
            <CopyButton value={COMMAND} />
          </div>
          <p className="text-sm text-faded">
            {text.shell.signedOutRestart} <code className="font-mono">loomwork up</code> {text.shell.signedOutOr}{' '}
            <code className="font-mono">make up</code> {text.shell.signedOutPrinted}
          </p>
          <Button look="primary" onClick={onRetry}>
            {text.shell.signedOutAgain}
          </Button>
        </div>
      </div>
    </main>
  )
}
