import { text } from '@/ui/text'
import { EntryFrame } from './EntryFrame'
import { WaysIn } from './WaysIn'

/** The page for signing in, at an address of its own. */
export default function EnterPage() {
  return (
    <EntryFrame title={text.entry.title}>
      <WaysIn next="/" onDone={() => location.assign('/')} />
    </EntryFrame>
  )
}
