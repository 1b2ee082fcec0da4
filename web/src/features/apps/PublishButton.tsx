import { useMutation } from '@tanstack/react-query'
import { UploadCloud } from 'lucide-react'
import { api } from '@/api/endpoints'
import { refreshApps } from '@/api/queries'
import { Button } from '@/ui/Button'
import { text } from '@/ui/text'
import { toast } from '@/ui/toast'

interface Props {
  appId: string
  /** The version that they get now. */
  published: number | null
  narrow?: boolean
}

/** Makes the draft the version that visitors and programs get. */
export function PublishButton({ appId, published, narrow = false }: Props) {
  const publish = useMutation({
    // What stood there when it was pressed: the app may be read again before the answer comes.
    mutationFn: async () => ({ ...(await api.publish(appId)), before: published }),
    onSuccess: async ({ number, before }) => {
      await refreshApps()
      toast(number === before ? text.app.unchanged(number) : text.app.publishedNow(number))
    },
    onError: (error) => toast(error.message, 'error'),
  })
  return (
    <Button
      size="small"
      look="primary"
      aria-label={text.app.publish}
      icon={<UploadCloud size={15} aria-hidden />}
      disabled={publish.isPending}
      onClick={() => publish.mutate()}
    >
      <span className={narrow ? 'max-sm:hidden' : ''}>
        {publish.isPending ? text.app.publishing : text.app.publish}
      </span>
    </Button>
  )
}
