import { Pause, Play, Square } from 'lucide-react'
import { Button, IconButton } from '@/ui/Button'
import { text } from '@/ui/text'
import { type Turn, useControl } from './control'
import { useLive } from './store'
import { isLive } from './view'

interface Props {
  size?: 'small' | 'normal'
  /** Faces without words, where there is little room. */
  icons?: boolean
}

/** The ways to hold a run that is going: pause or resume, and stop. Nothing for one that has ended. */
export function RunControls({ size = 'normal', icons = false }: Props) {
  const { turn, pause, resume, stop } = useControl()
  const live = useLive(({ view }) => isLive(view.status))
  if (!live) return null
  const Face = icons ? Icon : Words
  return (
    <>
      {turn && (
        <Face
          // One button all along, so that the focus stays where it is.
          label={LABELS[turn]}
          busy={turn === 'pausing'}
          size={size}
          icon={turn === 'resume' ? Play : Pause}
          onClick={turn === 'resume' ? resume : turn === 'pause' ? pause : undefined}
        />
      )}
      <Face label={text.run.stop} size={size} icon={Square} onClick={stop} />
    </>
  )
}

const LABELS: Record<NonNullable<Turn>, string> = {
  pause: text.run.pause,
  pausing: text.run.pausing,
  resume: text.run.resume,
}

interface FaceProps {
  label: string
  icon: typeof Pause
  size: Props['size']
  busy?: boolean
  onClick?: () => void
}

const Words = ({ label, icon: Shape, size, busy, onClick }: FaceProps) => (
  <Button
    size={size}
    aria-disabled={busy}
    icon={<Shape size={size === 'small' ? 13 : 14} aria-hidden />}
    onClick={onClick}
  >
    {label}
  </Button>
)

const Icon = ({ label, icon: Shape, busy, onClick }: FaceProps) => (
  <IconButton label={label} look="plain" aria-disabled={busy} onClick={onClick}>
    <Shape size={15} aria-hidden />
  </IconButton>
)
