/** A browser without a head: cookies, redirects, refreshing pages and forms, by fetch. */

/** What a visit ends at: a page, or an address that is not the server's. */
export interface Visit {
  status: number
  url: string
  html: string
  headers: Headers
}

interface Cookie {
  name: string
  value: string
  path: string
}

export class Browser {
  readonly cookies: Cookie[] = []
  /** Every Set-Cookie that was seen. */
  readonly set: string[] = []
  readonly #origin: string

  /** @param origin whose pages are visited; other addresses end a visit */
  constructor(origin: string) {
    this.#origin = origin
  }

  /** Goes to an address, and wherever the server sends it. */
  async go(url: string, init: RequestInit = {}): Promise<Visit> {
    let next = url
    let request = init
    for (let hop = 0; hop < 10; hop += 1) {
      const visit = await this.open(next, request)
      const onward = visit.headers.get('location') ?? refreshOf(visit.html)
      if (onward === undefined) return visit
      next = new URL(onward, next).href
      request = {}
      if (!next.startsWith(`${this.#origin}/`)) return { ...visit, url: next }
    }
    throw new Error('it goes round in circles')
  }

  /** Goes to an address, and nowhere else. */
  async open(url: string, init: RequestInit = {}): Promise<Visit> {
    const { pathname } = new URL(url)
    const cookie = this.cookies
      .filter(({ path }) => pathname === path || pathname.startsWith(path.endsWith('/') ? path : `${path}/`))
      .map(({ name, value }) => `${name}=${value}`)
      .join('; ')
    const headers = { accept: 'text/html', cookie, ...(init.headers as Record<string, string> | undefined) }
    const response = await fetch(url, { ...init, headers, redirect: 'manual' })
    for (const line of response.headers.getSetCookie()) this.#take(line, pathname)
    return { status: response.status, url, html: await response.text(), headers: response.headers }
  }

  /** Sends the form of a page, with what is typed into it. */
  submit(page: Visit, typed: Record<string, string>, headers: Record<string, string> = {}): Promise<Visit> {
    const body = new URLSearchParams({ token: tokenOf(page.html), ...typed })
    return this.go(page.url, { method: 'POST', body, headers })
  }

  #take(line: string, pathname: string): void {
    this.set.push(line)
    const [pair = '', ...attributes] = line.split(/; */)
    const [name, value] = [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]
    const path = attributes.find((text) => /^path=/i.test(text))?.slice(5) ?? pathname
    const found = this.cookies.findIndex((cookie) => cookie.name === name && cookie.path === path)
    if (found !== -1) this.cookies.splice(found, 1)
    if (value !== '') this.cookies.push({ name, value, path })
  }
}

/** Where a page sends the browser by itself. */
function refreshOf(html: string): string | undefined {
  return /http-equiv="refresh" content="0;url=([^"]+)"/.exec(html)?.[1]?.replaceAll('&amp;', '&')
}

/** What ties the form of a page to its browser. */
export function tokenOf(html: string): string {
  return /name="token" value="([^"]*)"/.exec(html)?.[1] ?? ''
}
