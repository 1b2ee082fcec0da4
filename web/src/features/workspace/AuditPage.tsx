import { useMutation } from '@tanstack/react-query'
import { Download, ShieldAlert, ShieldCheck } from 'lucide-react'
import { useDeferredValue } from 'react'
import { type AuditFilter, workspace } from '@/api/workspace'
import { useAudit, useAuditCheck, useEveryMember } from '@/api/workspaceQueries'
import { Badge } from '@/ui/Badge'
import { Button } from '@/ui/Button'
import { Listing } from '@/ui/Listing'
import { saveFile } from '@/ui/saveFile'
import { Trouble } from '@/ui/Trouble'
import { text } from '@/ui/text'
import { AuditRow } from './AuditRow'
import { dayBegins, dayEnds } from './days'
import { FilterBar, FilterChoice, FilterDay, FilterText } from './Filters'
import { Guarded } from './Guarded'
import { PageHead } from './PageHead'
import { useFilter } from './useFilter'
import { useAppNames, useNames } from './useNames'

export default function AuditPage() {
  return (
    <Guarded needs="audit.read">
      <Audit />
    </Guarded>
  )
}

const FILTERS = ['text', 'action', 'who', 'from', 'to'] as const

function Audit() {
  const [values, set] = useFilter(FILTERS)
  const wanted: AuditFilter = {
    text: useDeferredValue(values.text),
    action: values.action,
    actor_id: values.who,
    since: dayBegins(values.from),
    until: dayEnds(values.to),
  }
  const entries = useAudit(wanted)
  const nameOf = useNames()
  const members = useEveryMember()
  const appName = useAppNames()
  const known = members.data ?? []
  return (
    <>
      <PageHead title={text.audit.title} lead={text.audit.lead}>
        <Export filter={wanted} />
      </PageHead>
      <ChainSign />
      <FilterBar columns={3}>
        <FilterText wide label={text.audit.search} value={values.text} onChange={(value) => set('text', value)} />
        <FilterChoice
          label={text.audit.about}
          value={values.action}
          onChange={(value) => set('action', value)}
          options={Object.entries(text.audit.kinds)}
        />
        <FilterChoice
          label={text.audit.who}
          value={values.who}
          onChange={(value) => set('who', value)}
          options={known.map(({ id, name }) => [id, name])}
        />
        <FilterDay label={text.logs.from} value={values.from} onChange={(value) => set('from', value)} />
        <FilterDay label={text.logs.to} value={values.to} onChange={(value) => set('to', value)} />
      </FilterBar>
      <Listing
        label={text.audit.title}
        pages={entries}
        empty={text.audit.none}
        row={(entry) => <AuditRow entry={entry} nameOf={nameOf} appName={appName} />}
      />
    </>
  )
}

function Export({ filter }: { filter: AuditFilter }) {
  const save = useMutation({
    mutationFn: () => workspace.exportAudit(filter),
    onSuccess: (lines) => saveFile('audit.jsonl', lines, 'application/x-ndjson'),
  })
  return (
    <>
      <Button icon={<Download size={16} aria-hidden />} disabled={save.isPending} onClick={() => save.mutate()}>
        {text.audit.export}
      </Button>
      {save.error && <Trouble error={save.error} />}
    </>
  )
}

/** Whether every entry is still sealed to the one before it. */
function ChainSign() {
  const check = useAuditCheck()
  if (check.error) return <Trouble error={check.error} onRetry={() => check.refetch()} />
  if (!check.data) return null
  const { ok, checked, last, problem } = check.data
  return (
    <p className="flex flex-wrap items-center gap-x-2 gap-y-1 text-sm" role="status">
      <Badge tone={ok ? 'thread' : 'madder'} className="text-sm">
        {ok ? <ShieldCheck size={15} aria-hidden /> : <ShieldAlert size={15} aria-hidden />}
        {ok ? text.audit.whole(checked) : text.audit.broken(problem?.number ?? checked + 1)}
      </Badge>
      {ok && checked > 0 && (
        <span className="text-xs text-faded" title={last.seal}>
          {text.audit.seal(last.number, last.seal.slice(0, 12))}
        </span>
      )}
    </p>
  )
}
