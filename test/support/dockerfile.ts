/** A Dockerfile and a .dockerignore, as far as this project's go: read without docker, so that tests can look at them. */

export interface Instruction {
  /** In capitals, as FROM. */
  name: string
  /** What follows, on one line. */
  text: string
}

export interface Stage {
  name: string | undefined
  image: string
  instructions: Instruction[]
}

/** The stages of a Dockerfile, with the defaults of global ARGs put in. Throws when an instruction stands before the first FROM. */
export function readDockerfile(text: string): Stage[] {
  const stages: Stage[] = []
  const globals = new Map<string, string>()
  for (const { name, text: rest } of instructionsOf(text)) {
    if (name === 'FROM') {
      const [image = '', , stage] = rest.split(/\s+/)
      stages.push({
        name: stage,
        image: image.replace(/\$\{(\w+)\}/g, (_, key) => globals.get(key) ?? ''),
        instructions: []
      })
    } else if (stages.length > 0) {
      stages.at(-1)?.instructions.push({ name, text: rest })
    } else if (name === 'ARG') {
      const [key = '', value = ''] = rest.split('=')
      globals.set(key, value)
    } else {
      throw new Error(`${name} before the first FROM`)
    }
  }
  return stages
}

function instructionsOf(text: string): Instruction[] {
  const lines = text.split('\n').filter((line) => !/^\s*#/.test(line))
  return lines
    .join('\n')
    .replace(/\\\n\s*/g, ' ')
    .split('\n')
    .flatMap((line) => {
      const [, name, rest] = /^(\w+)\s+(.*?)\s*$/.exec(line) ?? []
      return name === undefined || rest === undefined ? [] : [{ name: name.toUpperCase(), text: rest }]
    })
}

/** The texts of all instructions of a name in a stage. */
export function all(stage: Stage, name: string): string[] {
  return stage.instructions.filter((instruction) => instruction.name === name).map(({ text }) => text)
}

/** An instruction in exec form, as words; undefined in shell form, which puts a shell before the program. */
export function words(text: string | undefined): string[] | undefined {
  return text?.startsWith('[') === true ? JSON.parse(text) : undefined
}

/** The command of a HEALTHCHECK, and its options by name. */
export function readHealthcheck(text: string): { options: Record<string, string>; command: string[] | undefined } {
  const options = Object.fromEntries([...text.matchAll(/--([\w-]+)=(\S+)/g)].map(([, key, value]) => [key, value]))
  return { options, command: words(text.slice(text.indexOf('CMD') + 3).trim()) }
}

/** What ENV sets, in the form `NAME=value`. */
export function readEnvironment(stage: Stage): Record<string, string> {
  const pairs = all(stage, 'ENV').flatMap((text) => text.split(/\s+/))
  return Object.fromEntries(pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]))
}

/** What COPY takes: from another stage when it names one, from the context otherwise. */
export function readCopy(text: string): { from: string | undefined; sources: string[]; target: string } {
  const parts = text.split(/\s+/)
  const from = parts.find((part) => part.startsWith('--from='))?.slice('--from='.length)
  const paths = parts.filter((part) => !part.startsWith('--'))
  return { from, sources: paths.slice(0, -1), target: paths.at(-1) ?? '' }
}

/** Whether a path below the context is kept from it. The last line that fits the path or a folder above it decides. */
export function ignores(text: string): (path: string) => boolean {
  const lines = text.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#'))
  const rules = lines.map((line) => {
    const kept = line.startsWith('!')
    const glob = (kept ? line.slice(1) : line).trim().replace(/^\/|\/$/g, '')
    return { kept, fits: new RegExp(`^${glob.split('**').map(segments).join('.*')}(/.*)?$`) }
  })
  return (path) => rules.findLast(({ fits }) => fits.test(path))?.kept === false
}

function segments(glob: string): string {
  return glob.replace(/[.+^${}()|[\]\\]/g, '\\$&').replace(/\*/g, '[^/]*')
}
