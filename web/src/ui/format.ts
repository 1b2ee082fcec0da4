/** Times, sizes and durations as people read them. */

const UNITS: [Intl.RelativeTimeFormatUnit, number][] = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
]
const DAYS_SPOKEN = 7

/** "5 minutes ago" within a week, then the date. */
export function timeAgo(iso: string, now: number = Date.now()): string {
  const seconds = Math.round((Date.parse(iso) - now) / 1000)
  if (Number.isNaN(seconds)) return ''
  if (Math.abs(seconds) > DAYS_SPOKEN * 86_400)
    return new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' }).format(new Date(iso))
  const relative = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto' })
  const [unit, size] = UNITS.find(([, length]) => Math.abs(seconds) >= length) ?? ['second', 1]
  return relative.format(Math.round(seconds / size), unit)
}

export const fullTime = (iso: string): string =>
  new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' }).format(new Date(iso))

/** A moment given in seconds since the epoch; the day is left out where it is today. */
export function untilTime(seconds: number, now: number = Date.now()): string {
  const moment = new Date(seconds * 1000)
  const today = moment.toDateString() === new Date(now).toDateString()
  return new Intl.DateTimeFormat(undefined, { timeStyle: 'short', ...(!today && { dateStyle: 'medium' }) }).format(
    moment,
  )
}

export function duration(ms: number | null | undefined): string {
  if (ms === null || ms === undefined) return ''
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 60_000) return `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`
  return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`
}

export function bytes(count: number): string {
  if (count < 1_000_000) return `${Math.max(1, Math.round(count / 1000))} kB`
  return count < 1_000_000_000 ? `${Math.round(count / 1_000_000)} MB` : `${(count / 1_000_000_000).toFixed(1)} GB`
}
