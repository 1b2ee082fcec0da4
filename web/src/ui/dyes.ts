import type { Family } from '@/editor/graph/families'

/** The class that dyes a selvage; written out, because the style sheet is made from the names that stand in the source. */
export const DYE: Record<Family, string> = {
  model: 'dye-model',
  logic: 'dye-logic',
  text: 'dye-text',
  flow: 'dye-flow',
  outside: 'dye-outside',
}
