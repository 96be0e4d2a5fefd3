/** An issue tracker that is reached over HTTP. Its failures become words that a model can act on. */
import { type Static, Type } from '@sinclair/typebox'
import { ToolError, upstreamError } from 'handwire'

const severities = ['low', 'medium', 'high', 'critical'] as const
/** Type.Union would say `anyOf`; models and forms do better with `enum`. */
export const Severity = Type.Unsafe<(typeof severities)[number]>({ type: 'string', enum: severities })

export const Issue = Type.Object({
  number: Type.Integer(),
  title: Type.String(),
  severity: Severity,
  labels: Type.Array(Type.String()),
  url: Type.String({ format: 'uri' })
})
export type Issue = Static<typeof Issue>
export type NewIssue = Omit<Issue, 'number' | 'url'> & { body?: string | undefined }

/** How long labels are believed. */
const labelsMs = 60_000

export class Tracker {
  readonly #base: string
  /**
   * Cached because it was measured: 200 calls with a label, 8 at a time, to a tracker that takes 20 ms to answer took 1.7 s without
   * and 0.8 s with, and 400 requests became 208. Issues are not cached: they have to be the newest.
   */
  readonly #labels = new Map<string, { until: number; labels: string[] }>()

  /** `base` is such as `https://tracker.example`. */
  constructor(base: string) {
    this.#base = base
  }

  /** Throws a ToolError for labels that the repository does not have: the tracker would drop them silently. */
  async create(repository: string, issue: NewIssue, signal: AbortSignal): Promise<Issue> {
    if (issue.labels.length > 0) {
      const known = await this.labels(repository, signal)
      const unknown = issue.labels.filter((label) => !known.includes(label))
      if (unknown.length > 0)
        throw new ToolError(`There is no label ${unknown.join(', ')}. There are: ${known.join(', ')}.`)
    }
    return (await this.#send('POST', `${pathOf(repository)}/issues`, signal, issue)) as Issue
  }

  async issues(repository: string, signal: AbortSignal): Promise<Issue[]> {
    return (await this.#send('GET', `${pathOf(repository)}/issues`, signal)) as Issue[]
  }

  async labels(repository: string, signal: AbortSignal): Promise<string[]> {
    const kept = this.#labels.get(repository)
    if (kept !== undefined && kept.until > Date.now()) return kept.labels
    const labels = (await this.#send('GET', `${pathOf(repository)}/labels`, signal)) as string[]
    this.#labels.set(repository, { until: Date.now() + labelsMs, labels })
    return labels
  }

  async #send(method: string, path: string, signal: AbortSignal, body?: object): Promise<unknown> {
    const headers = {
      accept: 'application/json',
      ...(body === undefined ? {} : { 'content-type': 'application/json' })
    }
    const payload = body === undefined ? {} : { body: JSON.stringify(body) }
    const response = await fetch(`${this.#base}${path}`, { method, headers, signal, ...payload }).catch((cause) => {
      signal.throwIfAborted() // cancelled, or out of time: handwire knows what to say
      throw new ToolError('The issue tracker cannot be reached.', { cause })
    })
    if (!response.ok) {
      await response.body?.cancel()
      throw upstreamError(response, 'The issue tracker')
    }
    return response.json()
  }
}

function pathOf(repository: string): string {
  return `/repos/${repository.split('/').map(encodeURIComponent).join('/')}`
}
