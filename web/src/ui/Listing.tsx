import type { ReactNode } from 'react'
import { Button } from './Button'
import { Loading } from './Loading'
import { Trouble } from './Trouble'
import { text } from './text'

/** What reads a list page by page. */
interface Pages<T> {
  data: { pages: { data: T[] }[] } | undefined
  error: Error | null
  isPending: boolean
  hasNextPage: boolean
  isFetchingNextPage: boolean
  refetch: () => unknown
  fetchNextPage: () => unknown
}

interface Props<T> {
  pages: Pages<T>
  /** What is shown where there is nothing. */
  empty: ReactNode
  /** Those to be shown of all that were read. */
  keep?: (item: T) => boolean
  row: (item: T) => ReactNode
  label: string
}

/** A list in a frame, with all that can be said of one: that it comes, failed, is empty, or goes on. */
export function Listing<T extends { id: string }>({ pages, empty, keep = () => true, row, label }: Props<T>) {
  if (pages.isPending) return <Loading />
  if (!pages.data) return pages.error && <Trouble error={pages.error} onRetry={pages.refetch} />
  const items = pages.data.pages.flatMap(({ data }) => data).filter(keep)
  return (
    <div className="space-y-3">
      {items.length === 0 && !pages.hasNextPage ? (
        <div className="stitched px-4 py-5 text-sm text-faded">{empty}</div>
      ) : (
        <ul
          aria-label={label}
          className="divide-y divide-line overflow-hidden rounded-[5px] border border-line bg-sheet shadow-sheet"
        >
          {items.map((item) => (
            <li key={item.id}>{row(item)}</li>
          ))}
        </ul>
      )}
      {pages.hasNextPage && (
        <div className="flex justify-center">
          <Button onClick={() => pages.fetchNextPage()} disabled={pages.isFetchingNextPage}>
            {text.common.loadMore}
          </Button>
        </div>
      )}
    </div>
  )
}
