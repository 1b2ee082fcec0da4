/** Why a step cannot run, in words of people. */

import { text } from '@/ui/text'

/** Codes of what ends a run that comes to it. */
export const CANNOT: ReadonlySet<string> = new Set(['not_runnable_yet', 'unknown_type'])

/** What the server says of a step, without the step's name, which stands above it, and with its kind as people call it. */
export function reasonOf(message: string, type: string | undefined): string {
  if (type && message.includes(`'${type}'`)) return text.problems.kind(text.graph.types[type] ?? type)
  const reason = message.replace(/^Node '.*?' (?=\p{Ll})/su, '')
  return reason.charAt(0).toUpperCase() + reason.slice(1)
}

/** Why a run or a step failed, with what to do about it where there is something. */
export function failureOf({ code, message }: { code: string; message: string }, type: string | undefined): string[] {
  return CANNOT.has(code) ? [reasonOf(message, type), text.run.cannotHelp] : [message]
}
