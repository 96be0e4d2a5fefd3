/** What one client sends and is answered, seen between it and its fetch. */

/** One exchange whose reply has begun. */
export interface Exchange {
  method: string
  url: URL
  /** Whether it opens a stream to listen on. */
  listens: boolean
  /** Method of the JSON-RPC message in a POST. */
  message: string | undefined
  /** Form of a request to the token endpoint. */
  form: URLSearchParams | undefined
  /** The session that the request named. */
  session: string | null
  status: number
  /** The WWW-Authenticate header of the reply. */
  challenge: string | null
}

export class Wire {
  readonly exchanges: Exchange[] = []
  readonly #waiting = new Set<() => void>()
  #cut = new AbortController()

  /** What the client is given as fetch. */
  readonly fetch = async (input: string | URL | Request, init: RequestInit = {}): Promise<Response> => {
    const { method = 'GET', body } = init
    const headers = new Headers(init.headers)
    const listens = method === 'GET' && headers.get('accept')?.includes('text/event-stream') === true
    const signals = [...(init.signal == null ? [] : [init.signal]), ...(listens ? [this.#cut.signal] : [])]
    const response = await fetch(input, {
      ...init,
      ...(signals.length === 0 ? {} : { signal: AbortSignal.any(signals) })
    })
    this.exchanges.push({
      method,
      url: new URL(input instanceof Request ? input.url : input),
      listens,
      message: typeof body === 'string' ? messageOf(body) : undefined,
      form: body instanceof URLSearchParams ? body : undefined,
      session: headers.get('mcp-session-id'),
      status: response.status,
      challenge: response.headers.get('www-authenticate')
    })
    for (const wake of this.#waiting) wake()
    this.#waiting.clear()
    return response
  }

  /** Cuts the connections of the streams that the client listens on. */
  cut(): void {
    this.#cut.abort(new Error('the connection was cut'))
    this.#cut = new AbortController()
  }

  /** The exchanges that fit, once there are so many. */
  async until(fits: (exchange: Exchange) => boolean, count = 1): Promise<Exchange[]> {
    while (this.exchanges.filter(fits).length < count) await new Promise<void>((next) => this.#waiting.add(next))
    return this.exchanges.filter(fits)
  }

  /** Resolves when the client listens, for the so manieth time. */
  async listening(count = 1): Promise<void> {
    await this.until(({ listens, status }) => listens && status === 200, count)
  }

  /** Requests for tokens of one grant type. */
  grants(type: string): Exchange[] {
    return this.exchanges.filter(({ form }) => form?.get('grant_type') === type)
  }
}

function messageOf(body: string): string | undefined {
  try {
    return (JSON.parse(body) as { method?: string }).method
  } catch {
    // a form
    return undefined
  }
}
