import { Download } from 'lucide-react'
import { Button } from '@/ui/Button'
import { CopyButton } from '@/ui/CopyButton'
import { Notice } from '@/ui/Notice'
import { saveFile } from '@/ui/saveFile'
import { text } from '@/ui/text'

/** Shown once, after the second factor was turned on. */
export function RecoveryCodes({ codes, onDone }: { codes: readonly string[]; onDone: () => void }) {
  const all = codes.join('\n')
  return (
    <Notice title={text.account.recoveryTitle}>
      <p>{text.account.recoveryHelp}</p>
      <ul aria-label={text.account.recovery} className="grid grid-cols-2 gap-x-6 gap-y-1 py-1 font-mono">
        {codes.map((code) => (
          <li key={code}>{code}</li>
        ))}
      </ul>
      <div className="flex flex-wrap items-center gap-2">
        <CopyButton value={all} label={text.account.copyCodes} />
        <Button
          size="small"
          look="quiet"
          icon={<Download size={14} aria-hidden />}
          onClick={() => saveFile('loomwork-recovery-codes.txt', `${all}\n`, 'text/plain')}
        >
          {text.account.saveCodes}
        </Button>
        <Button size="small" look="primary" onClick={onDone}>
          {text.account.keptCodes}
        </Button>
      </div>
    </Notice>
  )
}
