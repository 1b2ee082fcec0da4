import { X } from 'lucide-react'
import { Dialog as Radix } from 'radix-ui'
import type { ReactNode } from 'react'
import { IconButton } from './Button'
import { text } from './text'

interface Props {
  open: boolean
  onClose: () => void
  title: string
  description?: ReactNode
  children?: ReactNode
  footer?: ReactNode
}

export function Dialog({ open, onClose, title, description, children, footer }: Props) {
  return (
    <Radix.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-40 bg-[rgb(20_14_6/0.45)]" />
        <Radix.Content
          {...(description ? {} : { 'aria-describedby': undefined })}
          className="rise fixed top-1/2 left-1/2 z-50 flex max-h-[88dvh] w-[min(34rem,calc(100vw-1.5rem))] -translate-x-1/2 -translate-y-1/2 flex-col overflow-hidden rounded-md border border-line bg-sheet shadow-lift"
        >
          <div className="hem shrink-0" aria-hidden />
          <div className="flex items-start gap-3 px-5 pt-4">
            <Radix.Title className="flex-1 text-xl leading-snug">{title}</Radix.Title>
            <Radix.Close asChild>
              <IconButton label={text.common.close} className="-mt-1 -mr-2">
                <X size={18} />
              </IconButton>
            </Radix.Close>
          </div>
          <div className="space-y-4 overflow-y-auto px-5 pt-2.5 pb-5">
            {description && <Radix.Description className="text-faded">{description}</Radix.Description>}
            {children}
          </div>
          {footer && (
            <div className="flex flex-wrap justify-end gap-2 border-t border-line bg-paper px-5 py-3">{footer}</div>
          )}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  )
}
