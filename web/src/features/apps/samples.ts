/** The sample inputs that a copied starter carries in its features. Pure. */

import { isObject } from '@/api/client'
import type { AppOverview, JsonObject } from '@/api/types'

export interface Sample {
  title: string
  inputs: JsonObject
  query: string
}

export function samplesOf({ features }: Pick<AppOverview, 'features'>): Sample[] {
  const own = features['x-loomwork']
  const samples = isObject(own) && Array.isArray(own.samples) ? own.samples : []
  return samples.filter(isObject).map(({ title, inputs, query }) => ({
    title: typeof title === 'string' ? title : '',
    inputs: isObject(inputs) ? inputs : {},
    query: typeof query === 'string' ? query : '',
  }))
}

const LABEL_LENGTH = 34

/** A sample's title, or else its first words, to tell it from the others. */
export function sampleLabel({ title, inputs, query }: Sample): string {
  const words = [title, query, ...Object.values(inputs)].find(
    (value) => typeof value === 'string' && value.trim() !== '',
  )
  const line = String(words ?? '')
    .trim()
    .replace(/\s+/g, ' ')
  return line.length > LABEL_LENGTH ? `${line.slice(0, LABEL_LENGTH - 1)}…` : line
}
