/** Which of one's workspaces the console shows: said with every request, kept for the next visit. */

const KEY = 'loomwork.workspace'

/** Read once, so that a choice in another tab does not move this one. */
let chosen = stored()

export const chosenWorkspace = (): string | null => chosen

export const workspaceHeader = (): Record<string, string> => (chosen ? { 'X-Loomwork-Workspace': chosen } : {})

/** Null is the first workspace that one became a member of. */
export function chooseWorkspace(id: string | null): void {
  chosen = id
  try {
    if (id === null) localStorage.removeItem(KEY)
    else localStorage.setItem(KEY, id)
  } catch {
    // Without storage the choice lasts as long as the page.
  }
}

function stored(): string | null {
  try {
    return localStorage.getItem(KEY)
  } catch {
    return null
  }
}
