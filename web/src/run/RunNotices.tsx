import type { ModelBinding } from '@/api/types'
import { Notice } from '@/ui/Notice'
import { useLive } from './store'

const NONE: string[] = []

/** Less what to set in the environment of the server: here there is a page of models for that. */
const withoutVariables = (notice: string): string => notice.replace(/ \(to use it, [^()]*\)/, '')

/** What a run has to tell, less what the app itself has told already. */
export function RunNotices({ models = [] }: { models?: readonly ModelBinding[] }) {
  const notices = useLive(({ run }) => run?.notices ?? NONE)
  const fresh = notices.filter((notice) => !models.some((model) => model.notice === notice || model.blind === notice))
  return fresh.map((notice) => <Notice key={notice}>{withoutVariables(notice)}</Notice>)
}
