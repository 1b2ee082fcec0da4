import { useEffect, useState } from 'react'

/** Whether a file is being dragged over the page; hands over what is dropped, or pasted outside of a text field. */
export function useDroppedFile(onFile: (file: File) => void): boolean {
  const [over, setOver] = useState(false)
  useEffect(() => {
    // Entering a child also leaves its parent, so enters and leaves are counted.
    let depth = 0
    const settle = (next: number) => {
      depth = Math.max(0, next)
      setOver(depth > 0)
    }
    const enter = (event: DragEvent) => carriesFile(event) && settle(depth + 1)
    const leave = (event: DragEvent) => carriesFile(event) && settle(depth - 1)
    const hover = (event: DragEvent) => carriesFile(event) && event.preventDefault()
    const drop = (event: DragEvent) => {
      if (!carriesFile(event)) return
      event.preventDefault()
      settle(0)
      const file = event.dataTransfer?.files[0]
      if (file) onFile(file)
    }
    const listeners = { dragenter: enter, dragleave: leave, dragover: hover, drop } as const
    for (const [name, listener] of Object.entries(listeners)) window.addEventListener(name, listener as EventListener)
    return () => {
      for (const [name, listener] of Object.entries(listeners))
        window.removeEventListener(name, listener as EventListener)
    }
  }, [onFile])
  return over
}

/** App text pasted anywhere but into a text field. */
export function usePastedText(onText: (pasted: string) => void): void {
  useEffect(() => {
    const paste = (event: ClipboardEvent) => {
      if (event.target instanceof Element && event.target.closest('input, textarea, [contenteditable]')) return
      const pasted = event.clipboardData?.getData('text/plain') ?? ''
      if (pasted.trim()) onText(pasted)
    }
    window.addEventListener('paste', paste)
    return () => window.removeEventListener('paste', paste)
  }, [onText])
}

const carriesFile = (event: DragEvent): boolean => event.dataTransfer?.types.includes('Files') ?? false
