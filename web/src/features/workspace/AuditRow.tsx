import type { AuditEntry } from '@/api/workspace'
import { fullTime, timeAgo } from '@/ui/format'
import { text } from '@/ui/text'
import { deedOf, objectOf } from './deeds'

interface Props {
  entry: AuditEntry
  nameOf: (id: string) => string | null
  appName: (id: string) => string | null
}

/** Something that was done: by whom, to what, when; the rest for whoever opens it. */
export function AuditRow({ entry, nameOf, appName }: Props) {
  const who = nameOf(entry.actor.id) ?? text.audit.actors[entry.actor.kind] ?? entry.actor.kind
  return (
    <details className="group px-4 py-2.5 text-sm">
      <summary className="flex flex-wrap items-baseline gap-x-3 gap-y-0.5 rounded-tag">
        <span className="min-w-0 flex-1 basis-56 wrap-anywhere">
          <strong className="font-semibold">{who}</strong> <span>{deedOf(entry, appName)}</span>
        </span>
        <span className="text-xs text-faded">{text.audit.via[entry.via] ?? entry.via}</span>
        <time dateTime={entry.at} title={fullTime(entry.at)} className="w-28 text-right text-xs text-faded">
          {timeAgo(entry.at)}
        </time>
      </summary>
      <dl className="mt-2 grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-1 rounded-[5px] bg-well p-3 text-xs">
        <Term name={text.audit.number}>{entry.number}</Term>
        <Term name={text.audit.when}>{fullTime(entry.at)}</Term>
        <Term name={text.audit.action}>{entry.action}</Term>
        <Term name={text.audit.object}>{objectOf(entry, appName)}</Term>
        <Term name={text.audit.actor}>{`${entry.actor.kind} ${entry.actor.id}`}</Term>
        {entry.address && <Term name={text.audit.address}>{entry.address}</Term>}
        {Object.keys(entry.details).length > 0 && (
          <Term name={text.audit.details}>{JSON.stringify(entry.details, null, 1)}</Term>
        )}
      </dl>
    </details>
  )
}

function Term({ name, children }: { name: string; children: string | number }) {
  return (
    <>
      <dt className="text-faded">{name}</dt>
      <dd className="font-mono whitespace-pre-wrap wrap-anywhere">{children}</dd>
    </>
  )
}
