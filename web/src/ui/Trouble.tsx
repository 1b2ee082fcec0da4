import { Unreachable } from '@/api/client'
import { Button } from './Button'
import { Notice } from './Notice'
import { text } from './text'

/** Why something could not be read, and a way to try again. */
export function Trouble({ error, onRetry }: { error: Error; onRetry?: () => void }) {
  return (
    <Notice kind="error" title={error instanceof Unreachable ? text.shell.unreachable : text.common.wrong}>
      {!(error instanceof Unreachable) && <p>{error.message}</p>}
      {onRetry && (
        <Button size="small" onClick={onRetry}>
          {text.common.retry}
        </Button>
      )}
    </Notice>
  )
}
