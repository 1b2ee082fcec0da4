/**
 * Lets the first call through and ignores the rest, until the task fails. A button that is disabled by state is
 * disabled only after the next render; a double click is faster.
 */
export function onceUntilFailed<Args extends unknown[]>(
  task: (...args: Args) => Promise<unknown>,
): (...args: Args) => void {
  let taken = false
  return (...args) => {
    if (taken) return
    taken = true
    // Whoever owns the task shows its error; here a failure only lets the next try through.
    task(...args).catch(() => {
      taken = false
    })
  }
}
