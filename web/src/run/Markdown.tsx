import { ImageIcon } from 'lucide-react'
import { memo } from 'react'
import ReactMarkdown, { type Components } from 'react-markdown'
import remarkGfm from 'remark-gfm'
import { classes } from '@/ui/classes'
import { text } from '@/ui/text'
import { isOwn } from './origin'

const COMPONENTS: Components = {
  a: ({ href, children }) => (
    <a href={href} target="_blank" rel="noopener noreferrer nofollow">
      {children}
    </a>
  ),
  img: ({ src, alt }) => <Picture src={typeof src === 'string' ? src : ''} alt={alt ?? ''} />,
}

interface Props {
  children: string
  /** More of it comes: a cursor stands behind its last word. */
  growing?: boolean
}

/** What a model wrote. It is not trusted: no raw HTML, no address but http(s) and mailto, no image from elsewhere unasked. */
export const Markdown = memo(function Markdown({ children, growing = false }: Props) {
  return (
    <div className={classes('prose', growing && 'growing')}>
      <ReactMarkdown remarkPlugins={[remarkGfm]} components={COMPONENTS} skipHtml>
        {children}
      </ReactMarkdown>
    </div>
  )
})

/** An image elsewhere tells its host who reads what, by its address alone; so it is a link to be followed on purpose. */
function Picture({ src, alt }: { src: string; alt: string }) {
  if (isOwn(src, location.origin)) return <img src={src} alt={alt} className="max-h-96 max-w-full rounded-tag" />
  const host = URL.canParse(src) ? new URL(src).host : src
  return (
    <a href={src} target="_blank" rel="noopener noreferrer nofollow" className="inline-flex items-center gap-1.5">
      <ImageIcon size={15} aria-hidden />
      {alt || text.run.image(host)}
    </a>
  )
}
