/** What the corpus is replayed against in the tests: the core alone, a stdio server in this process, a subprocess. */
import { type ChildProcess, spawn } from 'node:child_process'
import { PassThrough } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { instructions, offerReference, pageSize } from '../../src/cli/reference.ts'
import { type MessageChannel, messageTarget } from '../../src/conform/message-peer.ts'
import type { Exit, Target } from '../../src/conform/peer.ts'
import { processTarget as commandTarget, lineChannel } from '../../src/conform/process.ts'
import type { Claims } from '../../src/protocol/checks.ts'
import type { Host } from '../../src/protocol/host.ts'
import type { Outlet } from '../../src/protocol/ports.ts'
import { type StdioServer, stdio } from '../../src/stdio/index.ts'

const entry = fileURLToPath(new URL('../../src/cli/index.ts', import.meta.url))
const serveStdio = ['--import', 'tsx', entry, 'serve', '--stdio']

/** The protocol core without HTTP, stdio or any other I/O: one session of this host for each channel. */
export function coreTarget(host: Host): Target {
  return messageTarget({ name: 'the core alone', connect: () => coreChannel(host) })
}

function coreChannel(host: Host): MessageChannel {
  const claims: Claims = { session: undefined, revision: undefined, implicit: true }
  let hear: (text: string) => void = () => undefined
  let queue = Promise.resolve()
  const outlet: Outlet = {
    open: true,
    committed: false,
    begin(session) {
      claims.session = session
      queue = queue.then(async () => {
        const listening = await host.listen(claims, undefined)
        listening.attach({ write: ({ text }) => hear(text), end() {} })
      })
    },
    message: (text) => hear(text),
    answer: (text) => hear(text),
    async flow(pieces) {
      let text = ''
      for await (const piece of pieces) text += piece
      hear(text)
      return true
    },
    refuse(_error, text, refused) {
      if (refused === 'request' || refused === 'frame') hear(text)
    },
    accept() {},
    end() {}
  }
  return {
    send(text) {
      queue = queue.then(() => host.receive(text, claims, outlet))
    },
    onMessage(listener) {
      hear = listener
    },
    async close() {
      if (claims.session !== undefined) await host.remove(claims)
    }
  }
}

/** A reference server over stdio, on streams of this process. */
export function stdioServer(): { server: StdioServer; input: PassThrough; output: PassThrough } {
  const input = new PassThrough()
  const output = new PassThrough()
  const server = stdio({
    name: 'handwire-reference',
    version: '0',
    instructions,
    teach: true,
    limits: { pageSize },
    input,
    output
  })
  offerReference(server)
  return { server, input, output }
}

/** A fresh stdio server of this process for each session. */
export function streamTarget(): Target {
  return messageTarget({
    name: 'stdio in this process',
    connect() {
      const { server, input, output } = stdioServer()
      const exited = server.serve().then((): Exit => ({ code: 0, signal: null }))
      return lineChannel({
        input,
        output,
        exited,
        async leave() {
          input.end()
          await exited
        }
      })
    }
  })
}

/** A fresh subprocess of the command line for each session. */
export function processTarget(): Target {
  return commandTarget({ command: [process.execPath, ...serveStdio] })
}

/** `handwire serve --stdio` from source, as a subprocess. */
export function startStdio(): ChildProcess {
  return spawn(process.execPath, serveStdio, { stdio: ['pipe', 'pipe', 'ignore'] })
}
