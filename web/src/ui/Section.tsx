import { type ReactNode, useId } from 'react'

/** A part of a page, named by its heading. */
export function Section({ title, lead, children }: { title: string; lead?: string; children: ReactNode }) {
  const id = useId()
  return (
    <section aria-labelledby={id} className="space-y-3">
      <div>
        <h2 id={id} className="text-xl">
          {title}
        </h2>
        {lead && <p className="max-w-prose text-sm text-faded">{lead}</p>}
      </div>
      {children}
    </section>
  )
}

/** A sheet for a form. */
export const Sheet = ({ children }: { children: ReactNode }) => (
  <div className="rounded-[5px] border border-line bg-sheet p-4 shadow-sheet sm:p-5">{children}</div>
)
