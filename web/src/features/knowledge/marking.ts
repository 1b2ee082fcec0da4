/** Which parts of a passage are words of the question. */

export interface Part {
  words: string
  hit: boolean
  /** Where it begins in the passage. */
  start: number
}

const SHORTEST = 3
const WORDS = /[\p{L}\p{N}]+/gu
const HAN = /^\p{Script=Han}+$/u

/** The passage in pieces that follow one another; nothing of it is lost. Chinese is matched by pairs of characters. */
export function marked(passage: string, question: string): Part[] {
  const isHit = new Array<boolean>(passage.length).fill(false)
  // Looked ahead, since pairs of characters overlap. Only letters and digits come out of `soughtIn`: nothing to escape.
  for (const word of soughtIn(question))
    for (const found of passage.matchAll(new RegExp(`(?=(${word}))`, 'giu')))
      isHit.fill(true, found.index, found.index + (found[1]?.length ?? 0))
  const parts: Part[] = []
  for (let start = 0; start < passage.length; ) {
    const hit = isHit[start] === true
    const change = isHit.indexOf(!hit, start)
    const end = change === -1 ? passage.length : change
    parts.push({ words: passage.slice(start, end), hit, start })
    start = end
  }
  return parts
}

function soughtIn(question: string): string[] {
  const words = (question.match(WORDS) ?? []).flatMap((word) => (HAN.test(word) ? pairsOf(word) : [word]))
  const kept = words.filter((word) => HAN.test(word) || word.length >= SHORTEST)
  return [...new Set(kept)]
}

const pairsOf = (word: string): string[] =>
  [...word].slice(0, -1).map((character, index) => `${character}${[...word][index + 1]}`)
