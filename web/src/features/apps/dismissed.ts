/** What this browser has been told already. Without storage, it is told again. */

export function recall(name: string): boolean {
  try {
    return localStorage.getItem(name) !== null
  } catch {
    return false
  }
}

export function remember(name: string): void {
  try {
    localStorage.setItem(name, '1')
  } catch {
    // It will be said again on the next visit.
  }
}
