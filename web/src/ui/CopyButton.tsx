import { Check, Copy } from 'lucide-react'
import { useEffect, useState } from 'react'
import { Button } from './Button'
import { copyText } from './clipboard'
import { text } from './text'

export function CopyButton({ value, label = text.common.copy }: { value: string; label?: string }) {
  const [copied, setCopied] = useState(false)
  useEffect(() => {
    if (!copied) return
    const timer = setTimeout(() => setCopied(false), 1600)
    return () => clearTimeout(timer)
  }, [copied])
  return (
    <Button
      size="small"
      look="quiet"
      icon={copied ? <Check size={14} aria-hidden /> : <Copy size={14} aria-hidden />}
      onClick={async () => setCopied(await copyText(value))}
    >
      {copied ? text.common.copied : label}
    </Button>
  )
}
