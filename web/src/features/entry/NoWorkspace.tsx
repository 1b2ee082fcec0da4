import { useMutation } from '@tanstack/react-query'
import { leave } from '@/api/people'
import { Button } from '@/ui/Button'
import { Trouble } from '@/ui/Trouble'
import { text } from '@/ui/text'
import { EntryFrame } from './EntryFrame'

/** Somebody is signed in who is a member of no workspace any more. */
export function NoWorkspace() {
  const out = useMutation({ mutationFn: leave, onSuccess: () => location.assign('/enter') })
  return (
    <EntryFrame title={text.entry.noWorkspace}>
      <p className="text-faded">{text.entry.noWorkspaceHelp}</p>
      {out.error && <Trouble error={out.error} />}
      <div className="flex flex-wrap gap-2">
        <Button look="primary" onClick={() => location.reload()}>
          {text.common.retry}
        </Button>
        <Button disabled={out.isPending} onClick={() => out.mutate()}>
          {text.shell.signOut}
        </Button>
      </div>
    </EntryFrame>
  )
}
