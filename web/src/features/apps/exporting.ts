import { api } from '@/api/endpoints'
import { saveFile } from '@/ui/saveFile'
import { toast } from '@/ui/toast'

/** Save the app's document as a file of its name. */
export async function exportApp({ id, name }: { id: string; name: string }): Promise<void> {
  try {
    saveFile(`${fileName(name)}.yml`, await api.document(id), 'application/yaml')
  } catch (error) {
    toast((error as Error).message, 'error')
  }
}

export const fileName = (name: string): string =>
  name
    .trim()
    .replace(/[\s/\\:*?"<>|.]+/g, '-')
    .replace(/^-+|-+$/g, '') || 'app'
