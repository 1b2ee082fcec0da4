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

/** One that is still shown is not shown twice. */
export function toast(message: string, kind: Toast['kind'] = 'done'): void {
  count += 1
  const id = count
  useToasts.setState(({ toasts }) => ({
    toasts: [...toasts.filter((shown) => shown.message !== message), { id, kind, message }],
  }))
  setTimeout(() => dismissToast(id), LASTS_MS)
}

export const dismissToast = (id: number): void =>
  useToasts.setState(({ toasts }) => ({ toasts: toasts.filter((shown) => shown.id !== id) }))
