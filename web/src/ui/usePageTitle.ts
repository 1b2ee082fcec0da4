import { useEffect } from 'react'
import { text } from './text'

export function usePageTitle(title: string | undefined): void {
  useEffect(() => {
    document.title = title ? `${title} · ${text.common.product}` : text.common.product
  }, [title])
}
