/** Whether the server answered the last time it was asked. */

import { create } from 'zustand'

export const useConnection = create<{ reachable: boolean }>(() => ({ reachable: true }))

export function reportReachable(reachable: boolean): void {
  if (useConnection.getState().reachable !== reachable) useConnection.setState({ reachable })
}
