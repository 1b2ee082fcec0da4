import type { ButtonHTMLAttributes, ReactNode, Ref } from 'react'
import { classes } from './classes'

export type Look = 'primary' | 'accent' | 'plain' | 'quiet' | 'danger'

const LOOKS: Record<Look, string> = {
  primary: 'bg-thread text-on-thread border-thread shadow-sheet hover:brightness-110',
  accent: 'bg-thread-wash text-thread border-thread shadow-sheet hover:brightness-105',
  plain: 'bg-sheet text-ink border-seam shadow-sheet hover:border-ink',
  quiet: 'bg-transparent text-faded border-transparent hover:text-ink hover:bg-well',
  danger: 'bg-madder text-on-thread border-madder shadow-sheet hover:brightness-110',
}

const SHAPE =
  'inline-flex items-center justify-center gap-2 rounded-[5px] border font-medium whitespace-nowrap transition-[filter,background-color,border-color] disabled:opacity-50 disabled:cursor-not-allowed aria-disabled:opacity-60 aria-disabled:cursor-default'

interface Props extends ButtonHTMLAttributes<HTMLButtonElement> {
  look?: Look
  size?: 'small' | 'normal'
  icon?: ReactNode
  ref?: Ref<HTMLButtonElement>
}

export const buttonClasses = (look: Look = 'plain', size: Props['size'] = 'normal'): string =>
  classes(SHAPE, LOOKS[look], size === 'small' ? 'h-8 px-2.5 text-[13px]' : 'h-10 px-4 text-sm')

export function Button({ look = 'plain', size = 'normal', icon, className, children, ...rest }: Props) {
  return (
    <button type="button" className={classes(buttonClasses(look, size), className)} {...rest}>
      {icon}
      {children}
    </button>
  )
}

interface IconButtonProps extends Omit<Props, 'icon' | 'children'> {
  label: string
  children: ReactNode
}

/** A button whose face is an icon; `label` is what it is called. */
export function IconButton({ label, look = 'quiet', className, children, ...rest }: IconButtonProps) {
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      className={classes(SHAPE, LOOKS[look], 'size-9 shrink-0', className)}
      {...rest}
    >
      {children}
    </button>
  )
}
