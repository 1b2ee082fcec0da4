import { useCallback, useEffect, useState } from 'react'

/** Whether a file is being dragged over the page; hands over the first that is dropped. */
export function useDroppedFile(onFile: (file: File) => void): boolean {
  return useDroppedFiles(
    useCallback(
      (files: readonly File[]) => {
        if (files[0]) onFile(files[0])
      },
      [onFile],
    ),
  )
}

/** Whether files are being dragged over the page; hands over all that are dropped. */
export function useDroppedFiles(onFiles: (files: readonly File[]) => void): boolean {
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
      onFiles([...(event.dataTransfer?.files ?? [])])
    }
    const listeners = { dragenter: enter, dragleave: leave, dragover: hover, drop } as const
    for (const [name, listener] of Object.entries(listeners)) window.addEventListener(name, listener as EventListener)
    return () => {
      for (const [name, listener] of Object.entries(listeners))
        window.removeEventListener(name, listener as EventListener)
    }
  }, [onFiles])
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
