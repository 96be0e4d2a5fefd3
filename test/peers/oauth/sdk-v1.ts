/** The official client of 2025, getting in by itself. */
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import { clientInfo, Noted, reconnectionOptions } from '../peer.ts'
import type { Kind, Visitor } from './visitor.ts'
import { Wallet } from './wallet.ts'
import { Wire } from './wire.ts'

export const sdkV1: Kind = {
  name: 'SDK v1',
  visitor: (url, wallet = new Wallet()) => new SdkV1Visitor(url, wallet)
}

class SdkV1Visitor implements Visitor {
  readonly wallet: Wallet
  readonly wire = new Wire()
  readonly noted = new Noted()
  readonly #url: URL
  #client: Client
  #transport: StreamableHTTPClientTransport

  constructor(url: URL, wallet: Wallet) {
    this.#url = url
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

  /** This SDK is told the code alone. */
  finish(back: URL): Promise<void> {
    return this.#transport.finishAuth(back.searchParams.get('code') ?? '')
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
    return (content as [{ text: string }])[0].text
  }

  close(): Promise<void> {
    return this.#client.close()
  }

  #newClient(): Client {
    const client = new Client(clientInfo)
    client.fallbackNotificationHandler = async (notification) => this.noted.push(notification)
    return client
  }

  #newTransport(): StreamableHTTPClientTransport {
    return new StreamableHTTPClientTransport(this.#url, {
      authProvider: this.wallet as never,
      fetch: this.wire.fetch,
      reconnectionOptions
    })
  }
}
