/**
 * Servers that differ from the reference server in what they offer, for the cases it cannot be asked: more items, only a
 * tool, one item of each kind, items without what goes with them elsewhere, nothing at all, and everything without its optional
 * capabilities.
 */
import { Type } from '@sinclair/typebox'
import Fastify, { type FastifyInstance } from 'fastify'
import { offerReference } from '../../src/cli/reference.ts'
import { mountEndpoint } from '../../src/http/endpoint.ts'
import { doorCheck } from '../../src/http/origin.ts'
import { prompts } from '../../src/prompts/index.ts'
import type { Feature } from '../../src/protocol/feature.ts'
import { Host } from '../../src/protocol/host.ts'
import { resources } from '../../src/resources/index.ts'
import { tools } from '../../src/tools/index.ts'
import { type Offer, offerExtended } from './extended.ts'

/** What can be had: its name, what plugs in, and what of the capabilities is kept to itself. */
export const variants = {
  extended: { offer: extended, quiet: false },
  'tools only': { offer: onlyTools, quiet: false },
  plain: { offer: oneOfEach, quiet: false },
  partial: { offer: somePieces, quiet: false },
  bare: { offer: () => undefined, quiet: true },
  quiet: { offer: extended, quiet: true }
} satisfies Record<string, { offer: (mcp: Offer) => void; quiet: boolean }>

export type VariantName = keyof typeof variants

/** A listening variant: its address, and its core for those who speak to it without HTTP. */
export interface Variant {
  app: FastifyInstance
  host: Host
  url: string
}

/** Starts one on a free loopback port. Lists have pages of ten. */
export async function listeningVariant(name: VariantName): Promise<Variant> {
  const { offer, quiet } = variants[name]
  const rooms = [tools(10), resources(10), prompts(10)] as const
  const features = rooms.map(({ feature }) => (quiet ? silenced(feature) : feature))
  const host = new Host({ info: { name: `handwire-${name.replace(' ', '-')}`, version: '0' }, features, limits })
  offer({ ...rooms[0].api, ...rooms[1].api, ...rooms[2].api })
  const app = Fastify({ forceCloseConnections: true })
  mountEndpoint(app, host, '/mcp', doorCheck({ origins: [], hosts: [] }), undefined, {})
  app.addHook('preClose', () => host.close())
  const address = await app.listen({ port: 0, host: '127.0.0.1' })
  return { app, host, url: `${address}/mcp` }
}

const limits = { sessions: 100_000 }

function extended(mcp: Offer): void {
  offerReference(mcp)
  offerExtended(mcp)
}

function onlyTools(mcp: Offer): void {
  mcp.tool('roll', { title: 'Roll a die', description: 'Returns a number from 1 to 6.' }, (_, { message }) => {
    // said before the answer, so that the answer comes on a stream
    message('info', 'rolling')
    return String(1 + Math.floor(Math.random() * 6))
  })
}

function oneOfEach(mcp: Offer): void {
  onlyTools(mcp)
  mcp.resource('die://rules', { name: 'rules', title: 'Rules', description: 'How to play.' }, () => 'Six wins.')
  mcp.prompt('play', { title: 'Play a game', description: 'Asks for a game.' }, () => 'Let us roll a die.')
}

/** A tool that embeds nothing where there are no resources, and a prompt whose arguments nobody completes. */
function somePieces(mcp: Offer): void {
  mcp.tool('test_embedded_resource', {}, () => 'This server has no resources.')
  const text = Type.String()
  mcp.prompt('test_prompt_with_arguments', { arguments: Type.Object({ arg1: text, arg2: text }) }, ({ arg1 }) => arg1)
}

/** The feature without the flags of its capabilities, and without the logging that a host offers by itself. */
function silenced(feature: Feature): Feature {
  return {
    ...feature,
    capabilities() {
      const kept = Object.keys(feature.capabilities()).map((name) => [name, {}])
      return { ...Object.fromEntries(kept), logging: undefined }
    }
  }
}
