import { useMutation } from '@tanstack/react-query'
import { api } from '@/api/endpoints'
import { refreshApps, refreshRuns } from '@/api/queries'
import { Button } from '@/ui/Button'
import { Dialog } from '@/ui/Dialog'
import { Trouble } from '@/ui/Trouble'
import { text } from '@/ui/text'
import { toast } from '@/ui/toast'

interface Props {
  app: { id: string; name: string }
  open: boolean
  onClose: () => void
}

export function DeleteDialog({ app, open, onClose }: Props) {
  const remove = useMutation({
    mutationFn: () => api.deleteApp(app.id),
    onSuccess: () => {
      onClose()
      toast(text.apps.deleted(app.name))
      refreshApps()
      refreshRuns()
    },
  })
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title={text.apps.deleteTitle(app.name)}
      description={text.apps.deleteHelp}
      footer={
        <>
          <Button onClick={onClose}>{text.common.cancel}</Button>
          <Button look="danger" disabled={remove.isPending} onClick={() => remove.mutate()}>
            {text.apps.deleteYes}
          </Button>
        </>
      }
    >
      {remove.error && <Trouble error={remove.error} />}
    </Dialog>
  )
}
