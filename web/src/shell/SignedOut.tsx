import { EntryFrame } from '@/features/entry/EntryFrame'
import { WaysIn } from '@/features/entry/WaysIn'
import { text } from '@/ui/text'

/** In the place of any page while nobody is signed in; afterwards the same page is shown. */
export function SignedOut({ onRetry }: { onRetry: () => void }) {
  return (
    <EntryFrame title={text.shell.signedOutTitle}>
      <WaysIn next={location.pathname + location.search} onDone={onRetry} />
    </EntryFrame>
  )
}
