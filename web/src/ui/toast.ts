/** Short messages that come and go by themselves. */

import { create } from 'zustand'

export interface Toast {
  id: number
  kind: 'done' | 'error'
  message: string
}

const LASTS_MS = 5000
let count = 0

export const useToasts = create<{ toasts: Toast[] }>(() => ({ toasts: [] }))

/** What was done last takes the place of what was done before; what went wrong stays for its time. */
export function toast(message: string, kind: Toast['kind'] = 'done'): void {
  count += 1
  const id = count
  useToasts.setState(({ toasts }) => ({
    toasts: [...toasts.filter((shown) => shown.kind === 'error' && shown.message !== message), { id, kind, message }],
  }))
  setTimeout(() => dismissToast(id), LASTS_MS)
}

export const dismissToast = (id: number): void =>
  useToasts.setState(({ toasts }) => ({ toasts: toasts.filter((shown) => shown.id !== id) }))
