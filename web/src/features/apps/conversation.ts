/** The turns of one conversation, as they stand on the page. */

import { useCallback, useState } from 'react'
import { api } from '@/api/endpoints'
import { queries } from '@/api/queries'
import type { JsonObject, Message, Page, Run, RunRequest } from '@/api/types'
import { useRunStore } from '@/run/store'

export interface Turn {
  runId: string
  query: string
  answer: string
}

interface Conversation {
  id: string | null
  turns: Turn[]
  error: Error | null
}

const NEW: Conversation = { id: null, turns: [], error: null }

export function useConversation(appId: string, launch: (request: RunRequest) => Promise<Run | null>) {
  const store = useRunStore()
  const [talk, setTalk] = useState(NEW)
  const say = async (query: string, inputs: JsonObject): Promise<boolean> => {
    const { run: last, view } = store.getState()
    const run = await launch({ app_id: appId, inputs, query, ...(talk.id && { conversation_id: talk.id }) })
    if (!run) return false
    setTalk(({ turns }) => ({
      id: run.conversation_id,
      turns: [
        ...turns.map((turn) =>
          turn.runId === last?.id ? { ...turn, answer: view.text || (view.answer ?? '') } : turn,
        ),
        turnOf(run, query),
      ],
      error: null,
    }))
    void queries.invalidateQueries({ queryKey: ['conversations', appId] })
    return true
  }
  const begin = useCallback(() => {
    store.clear()
    setTalk(NEW)
  }, [store])
  const open = useCallback(
    async (id: string) => {
      store.clear()
      const { unfinished, ...conversation } = await read(id)
      setTalk(conversation)
      if (unfinished) void store.attach(unfinished)
    },
    [store],
  )
  return { ...talk, say, begin, open }
}

const turnOf = (run: Run, query: string): Turn => ({ runId: run.id, query, answer: '' })

/** The conversation as it is kept, and the run of its last turn where that still goes on. */
async function read(id: string): Promise<Conversation & { unfinished: Run | null }> {
  try {
    const messages = await allMessages(id)
    const turns = messages.map(({ run_id: runId, query, answer }) => ({ runId, query, answer }))
    const last = messages.at(-1)
    const unfinished = last?.status === 'running' || last?.status === 'paused' ? await api.run(last.run_id) : null
    return { id, turns, error: null, unfinished }
  } catch (error) {
    return { ...NEW, error: error as Error, unfinished: null }
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
