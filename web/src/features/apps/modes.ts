import { DYE } from '@/ui/dyes'
import { text } from '@/ui/text'

export const modeName = (mode: string): string => text.modes[mode] ?? mode

export const isChat = (mode: string): boolean => mode === 'advanced-chat' || mode === 'chat' || mode === 'agent-chat'

/** The dye of an app's selvage: talkers, workers, and what cannot be drawn as a graph. */
export function dyeOfMode(mode: string): string {
  if (isChat(mode)) return DYE.outside
  return mode === 'workflow' ? DYE.model : DYE.text
}
