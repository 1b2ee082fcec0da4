/** Bring an app file in: read it, hand it to the server, and say what came of it. */

import { useQueryClient } from '@tanstack/react-query'
import { useCallback, useState } from 'react'
import { ApiError } from '@/api/client'
import { api } from '@/api/endpoints'
import { refreshApps } from '@/api/queries'
import type { AppOverview, Problem } from '@/api/types'
import { text } from '@/ui/text'

export type Import =
  | { state: 'idle' }
  | { state: 'reading'; name: string }
  | { state: 'refused'; name: string; message: string; problems: Problem[] }
  /** `told`: the app as its page shows it, where there is something to tell of it. */
  | { state: 'done'; appId: string; name: string; told: AppOverview | null }

export interface AppFile {
  name: string
  read: () => Promise<string>
}

const MAX_BYTES = 10_000_000

export const appFile = (file: File): AppFile => ({
  name: file.name,
  read: async () => {
    if (file.size > MAX_BYTES) throw new Error(text.importing.tooLarge)
    return file.text()
  },
})

/** Whether it is called as app files are, or was pasted. */
export const isAppName = (name: string): boolean => name === text.importing.pasted || /\.(ya?ml|json)$/i.test(name)

export const pastedFile = (document: string): AppFile => ({ name: text.importing.pasted, read: async () => document })

export function useImport(): { status: Import; start: (file: AppFile) => Promise<Import>; reset: () => void } {
  const [status, setStatus] = useState<Import>({ state: 'idle' })
  const client = useQueryClient()
  const start = useCallback(
    async (file: AppFile) => {
      setStatus({ state: 'reading', name: file.name })
      const result = await importFile(file)
      if (result.state === 'done') await Promise.all([refreshApps(), client.invalidateQueries({ queryKey: ['runs'] })])
      setStatus(result)
      return result
    },
    [client],
  )
  const reset = useCallback(() => setStatus({ state: 'idle' }), [])
  return { status, start, reset }
}

async function importFile({ name, read }: AppFile): Promise<Import> {
  try {
    const app = await api.importApp(await read())
    return { state: 'done', appId: app.id, name: app.name, told: app.warnings > 0 ? await api.app(app.id) : null }
  } catch (error) {
    const problems = error instanceof ApiError ? error.problems : []
    return { state: 'refused', name, message: (error as Error).message, problems }
  }
}
