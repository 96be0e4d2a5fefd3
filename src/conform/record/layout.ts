/** JSON laid out to be read: whatever fits on a line stands on one, the rest is indented by two. */
import type { Json } from '../json.ts'

const width = 120

export function layout(value: Json): string {
  return `${broken(value, 0, 0)}\n`
}

/** `taken` is what the line holds already beside the value. */
function broken(value: Json, depth: number, taken: number): string {
  const flat = line(value)
  if (typeof value !== 'object' || value === null || taken + flat.length <= width - 1) return flat
  const inner = '  '.repeat(depth + 1)
  const outer = '  '.repeat(depth)
  if (Array.isArray(value)) {
    const items = value.map((item) => `${inner}${broken(item, depth + 1, inner.length)}`)
    return `[\n${items.join(',\n')}\n${outer}]`
  }
  const members = Object.entries(value).map(([key, item]) => {
    const name = `${JSON.stringify(key)}: `
    return `${inner}${name}${broken(item, depth + 1, inner.length + name.length)}`
  })
  return `{\n${members.join(',\n')}\n${outer}}`
}

function line(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(line).join(', ')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const members = Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}: ${line(item)}`)
  return members.length === 0 ? '{}' : `{ ${members.join(', ')} }`
}
