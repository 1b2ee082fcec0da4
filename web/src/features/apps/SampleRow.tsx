import { text } from '@/ui/text'
import { type Sample, sampleLabel } from './samples'

export function SampleRow({ samples, onPick }: { samples: readonly Sample[]; onPick: (sample: Sample) => void }) {
  if (!samples.length) return null
  return (
    <div className="flex flex-wrap items-center gap-1.5">
      <span className="text-xs text-faded">{text.form.samples}</span>
      {samples.map((sample, index) => (
        <button
          // biome-ignore lint/suspicious/noArrayIndexKey: samples are fixed and have no id
          key={index}
          type="button"
          onClick={() => onPick(sample)}
          className="max-w-full truncate rounded-full border border-seam bg-sheet px-2.5 py-1 text-xs hover:border-thread hover:text-thread"
        >
          {sampleLabel(sample) || text.form.sample(index + 1)}
        </button>
      ))}
    </div>
  )
}
