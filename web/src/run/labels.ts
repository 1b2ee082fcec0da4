/** What people are shown instead of the names that programs use. Pure. */

/** "class_name" and "className" as "Class name"; a name that is written in words stays as it is. */
export function labelOf(name: string): string {
  const words = name
    .replace(/([\p{Ll}\d])(\p{Lu}\p{Ll})/gu, (_, before: string, after: string) => `${before} ${after.toLowerCase()}`)
    .replace(/[_\-.\s]+/g, ' ')
    .trim()
  return words === '' ? name : words.charAt(0).toUpperCase() + words.slice(1)
}

/** A label for each name; names that would look the same stay as they are. */
export function labelsOf(names: readonly string[]): Record<string, string> {
  const labels = names.map(labelOf)
  const isAlone = (label: string) => labels.indexOf(label) === labels.lastIndexOf(label)
  return Object.fromEntries(names.map((name) => [name, isAlone(labelOf(name)) ? labelOf(name) : name]))
}
