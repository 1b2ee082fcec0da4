import { api } from '@/api/endpoints'
import { toast } from '@/ui/toast'

/** Save the app's document as a file of its name. */
export async function exportApp({ id, name }: { id: string; name: string }): Promise<void> {
  try {
    saveAs(`${fileName(name)}.yml`, await api.document(id))
  } catch (error) {
    toast((error as Error).message, 'error')
  }
}

export const fileName = (name: string): string =>
  name
    .trim()
    .replace(/[\s/\\:*?"<>|.]+/g, '-')
    .replace(/^-+|-+$/g, '') || 'app'

function saveAs(name: string, content: string): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(new Blob([content], { type: 'application/yaml' }))
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 1000)
}
