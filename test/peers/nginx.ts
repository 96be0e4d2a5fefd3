/** A real nginx in front of a server, with deploy/nginx.conf as it is but for the lines that are the operator's own. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { onTestFinished } from 'vitest'
import { type Listening, type ListeningOptions, listening } from '../support/listening.ts'
import { LoopbackPeer } from '../support/loopback.ts'

const shipped = new URL('../../deploy/nginx.conf', import.meta.url)

/** Where a program is; nginx lies in a folder that only root has in its PATH. */
export function findProgram(name: string): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin']
  return folders.map((folder) => join(folder, name)).find(existsSync)
}

/** A server that clients reach through nginx. */
export interface Fronted extends Listening {
  /** Where nginx serves it without TLS. */
  front: string
  /** Where nginx serves it with TLS, when a certificate was made. */
  secure: string
  certificate: Buffer | undefined
  nginx: Nginx
  /** A peer that goes through nginx. */
  through(capabilities?: object): Promise<LoopbackPeer>
}

export interface FrontedOptions extends ListeningOptions {
  /** Makes a certificate, which the secure address needs. */
  tls?: boolean
  /** How long nginx waits for the server, as it spells it; what the file says when it is left out. */
  patience?: string
}

/** A server on loopback with nginx before it, both ended when the test ends. */
export async function fronted({ tls = false, patience, ...options }: FrontedOptions = {}): Promise<Fronted> {
  const [plain, secret] = [await freePort(), await freePort()]
  const hosts = [`127.0.0.1:${plain}`, `127.0.0.1:${secret}`]
  const server = await listening({ ...options, plugin: { ...options.plugin, hosts } })
  const nginx = new Nginx(plain, secret, (server.app.server.address() as AddressInfo).port, tls, patience)
  onTestFinished(() => nginx.stop())
  await nginx.ready()
  const front = `http://127.0.0.1:${plain}/mcp`
  return {
    ...server,
    front,
    secure: `https://127.0.0.1:${secret}/mcp`,
    certificate: nginx.certificate,
    nginx,
    through: (capabilities) => LoopbackPeer.open(front, capabilities)
  }
}

export class Nginx {
  readonly certificate: Buffer | undefined
  readonly #folder = mkdtempSync(join(tmpdir(), 'nginx-'))
  readonly #process: ChildProcess
  readonly #port: number
  #log = ''

  constructor(plain: number, secret: number, upstream: number, tls: boolean, patience: string | undefined) {
    const folder = this.#folder
    this.#port = plain
    if (tls) this.certificate = certify(folder)
    let site = readFileSync(shipped, 'utf8')
    // what is replaced must be there: the file is tested as it is
    const replace = (line: RegExp, by: string): void => {
      if (!line.test(site)) throw new Error(`deploy/nginx.conf has no line like ${line}`)
      site = site.replace(line, by)
    }
    replace(/server 127\.0\.0\.1:3000;/, `server 127.0.0.1:${upstream};`)
    const encrypted = tls ? `listen 127.0.0.1:${secret} ssl http2;` : ''
    replace(/listen 443 ssl http2;/, `listen 127.0.0.1:${plain};${encrypted}`)
    replace(/listen \[::\]:443 ssl http2;/, '')
    replace(/ssl_certificate +\S+;/, tls ? `ssl_certificate ${folder}/certificate.pem;` : '')
    replace(/ssl_certificate_key +\S+;/, tls ? `ssl_certificate_key ${folder}/key.pem;` : '')
    if (patience !== undefined) replace(/proxy_read_timeout [^;]+;/, `proxy_read_timeout ${patience};`)
    writeFileSync(join(folder, 'site.conf'), site)
    writeFileSync(join(folder, 'nginx.conf'), around(folder))
    for (const kind of ['body', 'proxy']) mkdirSync(join(folder, kind))
    this.#process = spawn(findProgram('nginx') as string, ['-p', folder, '-c', join(folder, 'nginx.conf')])
    this.#process.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#log += text
    })
  }

  /** What it logged: warnings and worse. */
  get log(): string {
    return this.#log
  }

  /** Waits until it takes connections. Throws what it said when it ended instead. */
  async ready(): Promise<void> {
    for (;;) {
      if (this.#process.exitCode !== null) throw new Error(`nginx ended: ${this.#log}`)
      if (await connects(this.#port)) return
    }
  }

  async stop(): Promise<void> {
    const ended = once(this.#process, 'close')
    if (this.#process.exitCode === null) {
      this.#process.kill('SIGTERM')
      await ended
    }
    rmSync(this.#folder, { recursive: true })
  }
}

/** The configuration around the site: one process with its files in one folder, and defaults that the site has to overrule. */
function around(folder: string): string {
  const unused = ['fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path ${folder}/${kind};`)
  return `
daemon off;
master_process off;
pid ${folder}/pid;
error_log stderr warn;
events {}
http {
  access_log off;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  ${unused.join(' ')}
  gzip on;
  gzip_types *;
  gzip_proxied any;
  gzip_min_length 1;
  proxy_buffering on;
  include ${folder}/site.conf;
}
`
}

/** A certificate of its own maker. */
function certify(folder: string): Buffer {
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', `${folder}/key.pem`]
  const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '2']
  const program = findProgram('openssl') as string
  execFileSync(program, ['req', '-x509', ...key, ...subject, '-out', `${folder}/certificate.pem`], { stdio: 'ignore' })
  return readFileSync(join(folder, 'certificate.pem'))
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** Whether somebody takes connections at this port. */
function connects(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}
