import { api } from '@/api/endpoints'
import { queries } from '@/api/queries'

/** Begin fetching the weights of a local model; the list of local models follows it from then on. */
export async function fetchWeights(model: string): Promise<void> {
  await api.fetchLocalModel(model)
  await queries.refetchQueries({ queryKey: ['models', 'local'] })
}

/** The name of the file that weights lie in, a digest cut short; null while they come from elsewhere. */
export const fileOf = (source: string): string | null =>
  /^(\/|[a-z]:\\)/i.test(source) ? (source.split(/[/\\]/).at(-1) ?? '').replace(DIGEST, '$1…') : null

/** What fetched weights are called in the cache. */
const DIGEST = /^([0-9a-f]{12})[0-9a-f]{28,}/
