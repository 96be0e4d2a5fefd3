/** The official client of 2026, getting in by itself. */
import { Client, type ClientOptions, StreamableHTTPClientTransport, type Transport } from '@modelcontextprotocol/client'
import { clientInfo, Noted, reconnectionOptions } from '../peer.ts'
import type { Kind, Visitor } from './visitor.ts'
import { Wallet } from './wallet.ts'
import { Wire } from './wire.ts'

const kind = (name: string, options: ClientOptions): Kind => ({
  name,
  visitor: (url, wallet = new Wallet()) => new SdkV2Visitor(url, wallet, options)
})

export const sdkV2 = kind('SDK v2', {})
export const probingV2 = kind('SDK v2, probing first', { versionNegotiation: { mode: 'auto' } })

class SdkV2Visitor implements Visitor {
  readonly wallet: Wallet
  readonly wire = new Wire()
  readonly noted = new Noted()
  readonly #url: URL
  readonly #options: ClientOptions
  #client: Client
  #transport: StreamableHTTPClientTransport

  constructor(url: URL, wallet: Wallet, options: ClientOptions) {
    this.#url = url
    this.#options = options
    this.wallet = wallet
    this.#client = this.#newClient()
    this.#transport = this.#newTransport()
  }

  get session(): string | undefined {
    return this.#transport.sessionId
  }

  async open(): Promise<void> {
    await this.#client.close()
    this.#client = this.#newClient()
    this.#transport = this.#newTransport()
    await this.#client.connect(this.#transport as Transport)
  }

  /** This SDK is told all that stands in the address, and looks at the issuer. */
  finish(back: URL): Promise<void> {
    return this.#transport.finishAuth(back.searchParams)
  }

  async tools(): Promise<string[]> {
    const names: string[] = []
    let cursor: string | undefined
    do {
      const { tools, nextCursor } = await this.#client.listTools(cursor === undefined ? {} : { cursor })
      names.push(...tools.map(({ name }) => name))
      cursor = nextCursor
    } while (cursor !== undefined)
    return names
  }

  async call(name: string): Promise<string> {
    const { content } = await this.#client.callTool({ name })
    return (content[0] as { text: string }).text
  }

  close(): Promise<void> {
    return this.#client.close()
  }

  #newClient(): Client {
    const client = new Client(clientInfo, this.#options)
    client.fallbackNotificationHandler = async (notification) => this.noted.push(notification)
    return client
  }

  #newTransport(): StreamableHTTPClientTransport {
    return new StreamableHTTPClientTransport(this.#url, {
      authProvider: this.wallet,
      fetch: this.wire.fetch,
      reconnectionOptions
    })
  }
}
