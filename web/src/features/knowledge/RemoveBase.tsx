import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useNavigate } from 'react-router'
import { type KnowledgeBase, knowledge, refreshBases } from '@/api/knowledge'
import { Button } from '@/ui/Button'
import { Dialog } from '@/ui/Dialog'
import { TextField } from '@/ui/TextField'
import { Trouble } from '@/ui/Trouble'
import { text } from '@/ui/text'
import { toast } from '@/ui/toast'

interface Props {
  base: KnowledgeBase
  open: boolean
  onClose: () => void
}

/** All of its documents go with it, so its name is typed first. */
export function RemoveBase({ base, open, onClose }: Props) {
  const [typed, setTyped] = useState('')
  const navigate = useNavigate()
  const remove = useMutation({
    mutationFn: () => knowledge.remove(base.id),
    onSuccess: () => {
      toast(text.knowledge.removed(base.name))
      navigate('/knowledge')
      void refreshBases()
    },
  })
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title={text.knowledge.removeTitle(base.name)}
      description={text.knowledge.removeHelp}
      footer={
        <>
          <Button onClick={onClose}>{text.common.cancel}</Button>
          <Button look="danger" disabled={typed !== base.name || remove.isPending} onClick={() => remove.mutate()}>
            {text.knowledge.removeYes}
          </Button>
        </>
      }
    >
      <TextField label={text.knowledge.typeName(base.name)} value={typed} onChange={setTyped} required />
      {remove.error && <Trouble error={remove.error} />}
    </Dialog>
  )
}
