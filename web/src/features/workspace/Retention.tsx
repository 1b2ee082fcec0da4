import { useMutation, useQuery } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { workspace } from '@/api/workspace'
import { refresh } from '@/api/workspaceQueries'
import { Button } from '@/ui/Button'
import { Section, Sheet } from '@/ui/Section'
import { TextField } from '@/ui/TextField'
import { Trouble } from '@/ui/Trouble'
import { text } from '@/ui/text'
import { toast } from '@/ui/toast'

/** For how long runs and conversations are kept. */
export function Retention({ mayChange }: { mayChange: boolean }) {
  const kept = useQuery({ queryKey: ['retention'], queryFn: workspace.retention })
  if (!kept.data) return kept.error && <Trouble error={kept.error} onRetry={() => kept.refetch()} />
  const { days } = kept.data
  return (
    <Section title={text.workspace.retention} lead={text.workspace.retentionNow(days)}>
      {mayChange && <DaysForm key={days} days={days} />}
    </Section>
  )
}

function DaysForm({ days }: { days: number | null }) {
  const [typed, setTyped] = useState(days === null ? '' : String(days))
  const wanted = typed.trim() === '' ? null : Number(typed)
  const change = useMutation({
    mutationFn: () => workspace.retain(wanted),
    onSuccess: async () => {
      await refresh('retention')
      toast(text.account.saved)
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    change.mutate()
  }
  return (
    <Sheet>
      <form onSubmit={submit} className="space-y-3">
        <TextField
          label={text.workspace.days}
          help={text.workspace.daysHelp}
          type="number"
          min={1}
          max={36_500}
          value={typed}
          onChange={setTyped}
        />
        {change.error && <Trouble error={change.error} />}
        <Button type="submit" disabled={change.isPending || wanted === days}>
          {text.account.save}
        </Button>
      </form>
    </Sheet>
  )
}
