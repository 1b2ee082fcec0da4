const DAY_MS = 86_400_000

/** Midnight, here, at which a day (`2026-11-23`) begins; empty for no day. */
export function dayBegins(day: string): string {
  const moment = new Date(`${day}T00:00:00`)
  return day && !Number.isNaN(moment.getTime()) ? moment.toISOString() : ''
}

/** The first moment after a day. */
export function dayEnds(day: string): string {
  const begins = dayBegins(day)
  return begins && new Date(Date.parse(begins) + DAY_MS).toISOString()
}
