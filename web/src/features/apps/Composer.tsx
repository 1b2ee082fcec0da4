import { ArrowUp } from 'lucide-react'
import type { KeyboardEvent } from 'react'
import { RunControls } from '@/run/RunControls'
import { IconButton } from '@/ui/Button'
import { text } from '@/ui/text'

interface ComposerProps {
  draft: string
  live: boolean
  blocked: boolean
  onDraft: (draft: string) => void
  onSend: () => void
}

/** Where one writes: Enter sends, Shift+Enter begins a line. */
export function Composer({ draft, live, blocked, onDraft, onSend }: ComposerProps) {
  const sendOnEnter = (event: KeyboardEvent) => {
    // Enter also ends the composition of a Chinese or Japanese word; that one is not ours.
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return
    event.preventDefault()
    if (!live && !blocked) onSend()
  }
  return (
    <div className="flex items-end gap-2 rounded-[6px] border border-seam bg-paper p-1.5 focus-within:border-thread">
      <textarea
        aria-label={text.chat.placeholder}
        placeholder={text.chat.placeholder}
        rows={1}
        value={draft}
        onChange={(event) => onDraft(event.target.value)}
        onKeyDown={sendOnEnter}
        className="field-sizing-content max-h-48 min-h-9 flex-1 resize-none bg-transparent px-2 py-1.5 outline-none"
      />
      {live ? (
        <RunControls icons />
      ) : (
        <IconButton label={text.chat.send} look="primary" disabled={blocked || !draft.trim()} onClick={onSend}>
          <ArrowUp size={18} />
        </IconButton>
      )}
    </div>
  )
}
