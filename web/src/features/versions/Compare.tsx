import { useState } from 'react'
import type { VersionOrDraft } from '@/api/life'
import { useDifference } from '@/api/lifeQueries'
import { inputClasses } from '@/ui/Field'
import { Loading } from '@/ui/Loading'
import { Section } from '@/ui/Section'
import { Trouble } from '@/ui/Trouble'
import { text } from '@/ui/text'
import { DifferenceView } from './DifferenceView'

/** What changes from one version to another, or to the draft. */
export function Compare({ appId, numbers }: { appId: string; numbers: readonly number[] }) {
  const [chosen, setChosen] = useState<VersionOrDraft | null>(null)
  const [newer, setNewer] = useState<VersionOrDraft>('draft')
  const older = chosen ?? numbers[0] ?? null
  const difference = useDifference(appId, older, newer)
  return (
    <Section title={text.versions.compare} lead={text.versions.compareLead}>
      <div className="flex flex-wrap items-end gap-3">
        <Side label={text.versions.older} value={older} numbers={numbers} onChange={setChosen} />
        <Side label={text.versions.newer} value={newer} numbers={numbers} onChange={setNewer} />
      </div>
      {older === newer && <p className="text-sm text-faded">{text.versions.sameSides}</p>}
      {difference.isLoading && <Loading />}
      {difference.error && <Trouble error={difference.error} onRetry={() => difference.refetch()} />}
      {difference.data && older !== newer && <DifferenceView difference={difference.data} />}
    </Section>
  )
}

interface SideProps {
  label: string
  value: VersionOrDraft | null
  numbers: readonly number[]
  onChange: (value: VersionOrDraft) => void
}

function Side({ label, value, numbers, onChange }: SideProps) {
  return (
    <label className="space-y-0.5 text-xs text-faded">
      <span>{label}</span>
      <select
        value={String(value)}
        onChange={(event) => onChange(event.target.value === 'draft' ? 'draft' : Number(event.target.value))}
        className={`${inputClasses} min-w-40 py-1.5 text-sm`}
      >
        <option value="draft">{text.versions.draft}</option>
        {numbers.map((number) => (
          <option key={number} value={number}>
            {text.versions.one(number)}
          </option>
        ))}
      </select>
    </label>
  )
}
