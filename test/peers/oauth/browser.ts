/** A browser without a head and without scripts: cookies, redirects, pages that go on by themselves, and forms that somebody fills in. */

/** Somebody who logs in. */
export interface Person {
  name: string
  password: string
}

/** A page, or the address of somebody else that a page sent the browser to. */
export interface Page {
  status: number
  url: URL
  html: string
}

interface Cookie {
  name: string
  value: string
  host: string
  path: string
}

interface Field {
  name: string
  value: string
  type: string
}

interface Form {
  action: URL
  method: string
  fields: Field[]
}

/** Most addresses that one visit goes through. */
const mostHops = 20

export class Browser {
  readonly #cookies: Cookie[] = []
  readonly #origins: ReadonlySet<string>

  /** @param origins whose pages are visited; any other address ends a visit without being asked for */
  constructor(...origins: string[]) {
    this.#origins = new Set(origins)
  }

  /** Logs in as somebody, presses the button that comes first, and tells where the browser was sent then. Throws at a dead end. */
  async allow(url: URL, person: Person): Promise<URL> {
    const page = await this.go(url)
    const last = this.#within(page.url) ? await this.submit(page, person) : page
    if (this.#within(last.url)) throw new Error(`the browser was not sent back: ${last.status} ${last.html}`)
    return last.url
  }

  /** Goes to an address and wherever that leads. */
  async go(url: URL, init: RequestInit = {}): Promise<Page> {
    let next = url
    let request = init
    for (let hop = 0; hop < mostHops; hop += 1) {
      if (!this.#within(next)) return { status: 0, url: next, html: '' }
      const response = await fetch(next, { ...request, headers: this.#headers(next), redirect: 'manual' })
      for (const line of response.headers.getSetCookie()) this.#take(line, next)
      const html = await response.text()
      const onward = response.headers.get('location') ?? refreshOf(html)
      if (onward === undefined) return { status: response.status, url: next, html }
      next = new URL(onward, next)
      request = {}
    }
    throw new Error(`${url} goes round in circles`)
  }

  /** Fills in the form of a page and sends it as its first button does. */
  submit(page: Page, { name, password }: Person): Promise<Page> {
    const { action, method, fields } = formOf(page)
    const body = new URLSearchParams()
    for (const field of fields) {
      const typed = field.type === 'password' ? password : field.type === 'text' ? name : field.value
      body.append(field.name, typed)
    }
    return this.go(action, { method, body })
  }

  #within(url: URL): boolean {
    return this.#origins.has(url.origin)
  }

  #headers(url: URL): Record<string, string> {
    const cookies = this.#cookies.filter(({ host, path }) => host === url.hostname && covers(path, url.pathname))
    return {
      accept: 'text/html',
      ...(cookies.length === 0 ? {} : { cookie: cookies.map(({ name, value }) => `${name}=${value}`).join('; ') })
    }
  }

  /** Keeps a cookie as RFC 6265 section 5.3 says: by name, host and path, and not for one port alone. */
  #take(line: string, { hostname: host, pathname }: URL): void {
    const [pair = '', ...rest] = line.split(/; */)
    const equals = pair.indexOf('=')
    const [name, value] = [pair.slice(0, equals), pair.slice(equals + 1)]
    const attributes = new Map(rest.map((text) => [text.split('=')[0]?.toLowerCase(), text.split('=')[1] ?? '']))
    const told = attributes.get('path') ?? ''
    const path = told.startsWith('/') ? told : pathname.slice(0, Math.max(1, pathname.lastIndexOf('/')))
    const found = this.#cookies.findIndex(
      (cookie) => cookie.name === name && cookie.host === host && cookie.path === path
    )
    if (found !== -1) this.#cookies.splice(found, 1)
    const expires = attributes.get('expires')
    if (expires === undefined || Date.parse(expires) > Date.now()) this.#cookies.push({ name, value, host, path })
  }
}

function covers(path: string, pathname: string): boolean {
  return pathname === path || pathname.startsWith(path.endsWith('/') ? path : `${path}/`)
}

/** Where a page goes by itself. */
function refreshOf(html: string): string | undefined {
  const meta = tags(html, 'meta').find((attributes) => attributes.get('http-equiv')?.toLowerCase() === 'refresh')
  return /^\s*\d+\s*;\s*url=(.*)$/i.exec(meta?.get('content') ?? '')?.[1]
}

function formOf({ html, url, status }: Page): Form {
  const [form] = tags(html, 'form')
  if (form === undefined) throw new Error(`there is no form to fill in: ${status} ${html}`)
  const inputs = tags(html, 'input').map((attributes) => fieldOf(attributes, 'text'))
  const [button] = tags(html, 'button').map((attributes) => fieldOf(attributes, 'submit'))
  return {
    action: new URL(form.get('action') ?? '', url),
    method: (form.get('method') ?? 'get').toUpperCase(),
    fields: [...inputs, ...(button === undefined ? [] : [button])].filter(({ name }) => name !== '')
  }
}

function fieldOf(attributes: Map<string, string>, kind: string): Field {
  const { name = '', value = '', type = kind } = Object.fromEntries(attributes)
  return { name, value, type }
}

/** The attributes of every tag of a name, in order. */
function tags(html: string, name: string): Map<string, string>[] {
  return [...html.matchAll(new RegExp(`<${name}\\b([^>]*)>`, 'gi'))].map(
    ([, text = '']) =>
      new Map(
        [...text.matchAll(/([\w-]+)(?:="([^"]*)")?/g)].map(([, key = '', value = '']) => [
          key.toLowerCase(),
          plain(value)
        ])
      )
  )
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" }

function plain(text: string): string {
  return text.replace(/&([a-z]+|#39);/g, (whole, name: string) => entities[name] ?? whole)
}
