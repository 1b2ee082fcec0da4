import { useMutation } from '@tanstack/react-query'
import { UploadCloud } from 'lucide-react'
import { api } from '@/api/endpoints'
import { refreshApps } from '@/api/queries'
import { Button } from '@/ui/Button'
import { text } from '@/ui/text'
import { toast } from '@/ui/toast'

/** Makes the draft the version that visitors and programs get. */
export function PublishButton({ appId, narrow = false }: { appId: string; narrow?: boolean }) {
  const publish = useMutation({
    mutationFn: () => api.publish(appId),
    onSuccess: async ({ number }) => {
      await refreshApps()
      toast(text.app.publishedNow(number))
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
