import { useSearchParams } from 'react-router'

/** What a list is filtered by, kept in the address of the page. */
export function useFilter<K extends string>(
  names: readonly K[],
): [Record<K, string>, (name: K, value: string) => void] {
  const [query, setQuery] = useSearchParams()
  const values = Object.fromEntries(names.map((name) => [name, query.get(name) ?? ''])) as Record<K, string>
  const set = (name: K, value: string) =>
    setQuery(
      (present) => {
        const next = new URLSearchParams(present)
        if (value) next.set(name, value)
        else next.delete(name)
        return next
      },
      { replace: true },
    )
  return [values, set]
}
