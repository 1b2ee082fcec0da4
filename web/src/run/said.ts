/** What the nodes of a run have said so far: its answer and its reasoning, from which words can be taken back. Pure. */

import type { Frame, RunEvent } from './events'
import { isSameFrame } from './frames'

export interface Part {
  source: string
  text: string
}

/** Chunks are a linked list, so that adding one costs the same however long the answer is. */
interface Chunk {
  type: 'text_chunk' | 'reasoning_chunk'
  seq: number
  nodeId: string | null
  frame: Frame
  source: string
  text: string
  before: Chunk | null
}

export interface Said {
  text: string
  /** The same text, cut where its source changes: a workflow with several outputs streams one after the other. */
  parts: readonly Part[]
  reasoning: string
  chunks: Chunk | null
}

export const nothingSaid: Said = { text: '', parts: [], reasoning: '', chunks: null }

type ChunkEvent = RunEvent & { type: Chunk['type'] }
type RetryEvent = RunEvent & { type: 'node_retrying' }

export const withWords = (said: Said, { type, seq, node_id, frame, data }: ChunkEvent): Said =>
  withChunk(said, {
    type,
    seq,
    nodeId: data.from[0] ?? node_id,
    frame,
    source: data.from.join('.'),
    text: data.text,
    before: said.chunks,
  })

/** Take back what a node will say again, since it runs again: its text from `discard_from` on, and all its reasoning. */
export function withoutRetried(said: Said, { node_id, frame, data }: RetryEvent): Said {
  const from = data.discard_from ?? Number.POSITIVE_INFINITY
  const gone = (chunk: Chunk): boolean =>
    chunk.nodeId === node_id &&
    isSameFrame(chunk.frame, frame) &&
    (chunk.type === 'reasoning_chunk' || chunk.seq >= from)
  const all = listed(said.chunks)
  const kept = all.filter((chunk) => !gone(chunk))
  if (kept.length === all.length) return said
  return kept.reduce((told, chunk) => withChunk(told, { ...chunk, before: told.chunks }), nothingSaid)
}

function withChunk(said: Said, chunk: Chunk): Said {
  if (chunk.type === 'reasoning_chunk') return { ...said, reasoning: said.reasoning + chunk.text, chunks: chunk }
  return { ...said, text: said.text + chunk.text, parts: extended(said.parts, chunk), chunks: chunk }
}

function extended(parts: readonly Part[], { source, text }: Chunk): Part[] {
  const last = parts.at(-1)
  if (last?.source !== source) return [...parts, { source, text }]
  return [...parts.slice(0, -1), { source, text: last.text + text }]
}

function listed(last: Chunk | null): Chunk[] {
  const chunks: Chunk[] = []
  for (let chunk = last; chunk; chunk = chunk.before) chunks.push(chunk)
  return chunks.reverse()
}
