/** The turns of one conversation, as they stand on the page. */

import { useEffect, useEffectEvent, useState } from 'react'
import { api } from '@/api/endpoints'
import { queries, refreshRuns } from '@/api/queries'
import type { JsonObject, Message, Page, Run, RunRequest, RunStatus } from '@/api/types'
import { useRunStore } from '@/run/store'
import { useAddress } from './address'

export interface Turn {
  runId: string
  query: string
  answer: string
  /** How its run ended, or stands. */
  status: RunStatus
}

interface Conversation {
  id: string | null
  turns: Turn[]
  error: Error | null
  /** Whether what was said earlier is still on its way. */
  reading: boolean
}

const NEW: Conversation = { id: null, turns: [], error: null, reading: false }

interface Way {
  launch: (request: RunRequest) => Promise<Run | null>
  /** The last turn of an earlier conversation was taken up. */
  onTaken: (last: Run) => void
}

/** The conversation that the page's address names, or a new one, which is named there once it has begun. */
export function useConversation(appId: string, { launch, onTaken }: Way) {
  const store = useRunStore()
  const { value: wanted, settle, go } = useAddress('conversation')
  const [talk, setTalk] = useState(NEW)
  const [attempt, setAttempt] = useState(0)
  const isShown = useEffectEvent((id: string | null) => id === talk.id)
  const take = useEffectEvent(({ talk: read, last }: Read) => {
    setTalk(read)
    if (last === null) return
    onTaken(last)
    void store.attach(last).finally(refreshRuns)
  })
  // biome-ignore lint/correctness/useExhaustiveDependencies: another attempt reads the same conversation again
  useEffect(() => {
    if (isShown(wanted)) return
    store.clear()
    setTalk({ ...NEW, id: wanted, reading: wanted !== null })
    if (wanted === null) return
    let left = false
    void read(wanted).then((found) => left || take(found))
    return () => {
      left = true
    }
  }, [wanted, attempt, store])
  const say = async (query: string, inputs: JsonObject): Promise<boolean> => {
    const { run: last, view } = store.getState()
    const run = await launch({ app_id: appId, inputs, query, ...(talk.id && { conversation_id: talk.id }) })
    if (!run) return false
    const answer = view.text || (view.answer ?? '')
    setTalk(({ turns }) => ({
      ...NEW,
      id: run.conversation_id,
      turns: [
        ...turns.map((turn) =>
          turn.runId === last?.id ? { ...turn, answer, status: view.status as RunStatus } : turn,
        ),
        turnOf(run, query),
      ],
    }))
    if (run.conversation_id !== null) settle(run.conversation_id)
    void queries.invalidateQueries({ queryKey: ['conversations', appId] })
    return true
  }
  const begin = () => {
    store.clear()
    setTalk(NEW)
    go(null)
  }
  return { ...talk, say, begin, open: go, retry: () => setAttempt(attempt + 1) }
}

const turnOf = (run: Run, query: string): Turn => ({ runId: run.id, query, answer: '', status: run.status })

interface Read {
  talk: Conversation
  /** The run of the last turn, which may still go on. */
  last: Run | null
}

async function read(id: string): Promise<Read> {
  try {
    const messages = await allMessages(id)
    const turns = messages.map(({ run_id: runId, query, answer, status }) => ({
      runId,
      query,
      answer,
      status: status as RunStatus,
    }))
    const newest = turns.at(-1)
    // Where its run is gone, the kept answer still stands.
    const last = newest ? await api.run(newest.runId).catch(() => null) : null
    return { talk: { ...NEW, id, turns }, last }
  } catch (error) {
    return { talk: { ...NEW, error: error as Error }, last: null }
  }
}

async function allMessages(id: string): Promise<Message[]> {
  const messages: Message[] = []
  let after: string | null = null
  do {
    const page: Page<Message> = await api.messages(id, after)
    messages.push(...page.data)
    after = page.next
  } while (after !== null)
  return messages
}
