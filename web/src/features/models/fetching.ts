import { api } from '@/api/endpoints'
import { queries } from '@/api/queries'

/** Begin fetching the weights of a local model; the list of local models follows it from then on. */
export async function fetchWeights(model: string): Promise<void> {
  await api.fetchLocalModel(model)
  await queries.refetchQueries({ queryKey: ['models', 'local'] })
}
