/** What the nodes of a run have said so far: its answer and its reasoning, from which words can be taken back. Pure. */

import type { Frame, RunEvent } from './events'
import { isWithin } from './frames'

export interface Part {
  source: string
  text: string
  /** Of its first and of its last chunk. */
  first: number
  last: number
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
  /** The same text, cut where its source changes and where a person was asked. */
  parts: readonly Part[]
  reasoning: string
  /** Where something came between: what is said after one of these begins a part of its own. Rising. */
  cuts: readonly number[]
  chunks: Chunk | null
}

export const nothingSaid: Said = { text: '', parts: [], reasoning: '', cuts: [], chunks: null }

export const withCut = (said: Said, seq: number): Said => ({ ...said, cuts: [...said.cuts, seq] })

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

/** Take back what a node, or what runs inside it, will say again, since it runs again: its text from `discard_from` on,
 *  and all its reasoning. */
export function withoutRetried(said: Said, { node_id, frame, data }: RetryEvent): Said {
  const from = data.discard_from ?? Number.POSITIVE_INFINITY
  const gone = (chunk: Chunk): boolean =>
    isWithin(chunk.frame, frame) &&
    (chunk.nodeId === node_id || chunk.frame[frame.length]?.[0] === node_id) &&
    (chunk.type === 'reasoning_chunk' || chunk.seq >= from)
  const all = listed(said.chunks)
  const kept = all.filter((chunk) => !gone(chunk))
  if (kept.length === all.length) return said
  return kept.reduce((told, chunk) => withChunk(told, { ...chunk, before: told.chunks }), {
    ...nothingSaid,
    cuts: said.cuts,
  })
}

function withChunk(said: Said, chunk: Chunk): Said {
  if (chunk.type === 'reasoning_chunk') return { ...said, reasoning: said.reasoning + chunk.text, chunks: chunk }
  return { ...said, text: said.text + chunk.text, parts: extended(said, chunk), chunks: chunk }
}

function extended({ parts, cuts }: Said, { source, text, seq }: Chunk): Part[] {
  const last = parts.at(-1)
  const cut = cuts.findLast((place) => place < seq) ?? 0
  if (last?.source !== source || last.last < cut) return [...parts, { source, text, first: seq, last: seq }]
  return [...parts.slice(0, -1), { ...last, text: last.text + text, last: seq }]
}

function listed(last: Chunk | null): Chunk[] {
  const chunks: Chunk[] = []
  for (let chunk = last; chunk; chunk = chunk.before) chunks.push(chunk)
  return chunks.reverse()
}
