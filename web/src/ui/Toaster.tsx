import { Check, CircleAlert } from 'lucide-react'
import { classes } from './classes'
import { dismissToast, useToasts } from './toast'

/** Below the header, where no page has its buttons: what somebody is about to press is not covered. */
export function Toaster() {
  const toasts = useToasts((state) => state.toasts)
  return (
    <div
      aria-live="polite"
      className="pointer-events-none fixed inset-x-0 top-17 z-50 flex flex-col items-center gap-2 px-3"
    >
      {toasts.map(({ id, kind, message }) => (
        <button
          key={id}
          type="button"
          onClick={() => dismissToast(id)}
          className={classes(
            'rise pointer-events-auto flex max-w-lg items-center gap-2.5 rounded-[5px] px-4 py-2.5 text-left text-sm shadow-lift',
            kind === 'error' ? 'bg-madder text-on-thread' : 'bg-ink text-paper',
          )}
        >
          {kind === 'error' ? <CircleAlert size={16} aria-hidden /> : <Check size={16} aria-hidden />}
          {message}
        </button>
      ))}
    </div>
  )
}
