/** What the last answers said of the server: whether it is there, and whether it knows us. */

import { create } from 'zustand'

interface Connection {
  reachable: boolean
  signedOut: boolean
  /** We are signing out: another page is on its way, and this one is not to be used meanwhile. */
  leaving: boolean
}

export const useConnection = create<Connection>(() => ({ reachable: true, signedOut: false, leaving: false }))

export function reportConnection(news: Partial<Connection>): void {
  const known = useConnection.getState()
  const changed = Object.entries(news).some(([key, value]) => known[key as keyof Connection] !== value)
  if (changed) useConnection.setState(news)
}
