import { classes } from '@/ui/classes'

/** The app's own icon on its own ground. A missing or unusable one becomes the first letter of its name. */
export function AppIcon({
  icon,
  background,
  name,
  className,
}: {
  icon: string
  background: string
  name: string
  className?: string
}) {
  const drawable = icon !== '' && !/^[\x20-\x7e]{3,}$/.test(icon)
  return (
    <span
      aria-hidden
      className={classes(
        'grid size-10 shrink-0 place-items-center rounded-[6px] border border-line text-xl leading-none text-[#211c16]',
        className,
      )}
      style={{ background: COLOUR.test(background) ? background : '#ebe3d3' }}
    >
      {drawable ? icon : <span className="font-serif font-semibold">{(name.trim()[0] ?? '?').toUpperCase()}</span>}
    </span>
  )
}

const COLOUR = /^#[0-9a-f]{3,8}$/i
