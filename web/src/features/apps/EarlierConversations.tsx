import { useConversations } from '@/api/queries'
import { timeAgo } from '@/ui/format'
import { text } from '@/ui/text'

interface Props {
  appId: string
  current: string | null
  disabled: boolean
  onOpen: (id: string) => void
}

export function EarlierConversations({ appId, current, disabled, onOpen }: Props) {
  const conversations = useConversations(appId)
  const known = conversations.data?.data ?? []
  if (!known.length) return null
  return (
    <select
      aria-label={text.chat.earlier}
      value={current ?? ''}
      disabled={disabled}
      onChange={({ target }) => target.value && onOpen(target.value)}
      className="h-8 max-w-56 min-w-0 truncate rounded-[5px] border border-transparent bg-transparent px-1.5 text-[13px] text-faded hover:border-seam"
    >
      <option value="">{current === null ? text.chat.earlier : text.chat.current}</option>
      {known.map(({ id, name, updated_at }) => (
        <option key={id} value={id}>
          {name || text.chat.untitled} · {timeAgo(updated_at)}
        </option>
      ))}
    </select>
  )
}
