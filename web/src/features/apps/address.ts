/** What the page shows, kept in its address: a reload, a bookmark, Back and Forward find it again. */

import { useCallback, useEffect, useRef } from 'react'
import { useSearchParams } from 'react-router'

interface Address {
  value: string | null
  /** Name what has come to be shown here; Back leads to where one was before the page. */
  settle: (value: string) => void
  /** Go to something else, or to nothing; Back leads to what is shown now. */
  go: (value: string | null) => void
}

/** One parameter of the address. A page that was left in the meantime changes the address of no other. */
export function useAddress(name: string): Address {
  const [search, setSearch] = useSearchParams()
  const here = useRef(false)
  useEffect(() => {
    here.current = true
    return () => {
      here.current = false
    }
  }, [])
  const put = useCallback(
    (value: string | null, replace: boolean) => {
      if (here.current) setSearch((current) => withParameter(current, name, value), { replace })
    },
    [name, setSearch],
  )
  const shown = search.get(name)
  return { value: shown, settle: (value) => put(value, true), go: (value) => value !== shown && put(value, false) }
}

function withParameter(search: URLSearchParams, name: string, value: string | null): URLSearchParams {
  const changed = new URLSearchParams(search)
  if (value === null) changed.delete(name)
  else changed.set(name, value)
  return changed
}
