interface Props {
  /** From 0 to 1, or null where nobody knows. */
  value: number | null
  label: string
}

export function Progress({ value, label }: Props) {
  const percent = value === null ? undefined : Math.round(Math.min(1, Math.max(0, value)) * 100)
  return (
    <div
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent}
      className="h-2.5 overflow-hidden rounded-tag bg-well"
    >
      <div
        className={
          percent === undefined ? 'selvage shuttle h-full w-1/3' : 'selvage h-full transition-[width] duration-300'
        }
        style={percent === undefined ? undefined : { width: `${percent}%` }}
      />
    </div>
  )
}
