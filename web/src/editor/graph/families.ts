/** What kind of thread a node spins: its family gives the selvage its dye. */

export type Family = 'model' | 'logic' | 'text' | 'flow' | 'outside'

const MEMBERS: Record<Family, readonly string[]> = {
  model: ['llm', 'question-classifier', 'parameter-extractor', 'agent'],
  logic: [
    'if-else',
    'code',
    'sub-workflow',
    'iteration',
    'loop',
    'variable-aggregator',
    'variable-assigner',
    'assigner',
    'list-operator',
  ],
  text: ['template-transform', 'document-extractor', 'answer'],
  flow: ['start', 'end', 'iteration-start', 'loop-start', 'loop-end', 'human-input'],
  outside: ['http-request', 'tool', 'knowledge-retrieval', 'knowledge-index', 'datasource'],
}

const FAMILY = new Map(
  (Object.entries(MEMBERS) as [Family, readonly string[]][]).flatMap(([family, types]) =>
    types.map((type) => [type, family] as const),
  ),
)

/** A type that nobody knows comes from outside. */
export const familyOf = (type: string): Family => FAMILY.get(type) ?? (type.startsWith('trigger') ? 'flow' : 'outside')

export const isContainer = (type: string): boolean => type === 'iteration' || type === 'loop'
export const isNote = (type: string): boolean => type === '' || type === 'custom-note' || type === 'note'

/** Where a container's rounds begin: a mere knot in its cloth. */
export const isKnot = (type: string): boolean => type === 'iteration-start' || type === 'loop-start'
