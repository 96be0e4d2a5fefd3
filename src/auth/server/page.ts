/** The pages that people see: plain HTML, without scripts, pictures or anything from elsewhere. */
import { createHash } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { style } from './style.ts'

/** HTML, in which every value was escaped. */
export interface Html {
  readonly html: string
}

/** Builds HTML: values become text, and HTML in HTML stays what it is. */
export function html(texts: TemplateStringsArray, ...values: (string | number | Html | readonly Html[])[]): Html {
  const pieces = values.map((value, place) => `${write(value)}${texts[place + 1]}`)
  return { html: `${texts[0]}${pieces.join('')}` }
}

function write(value: string | number | Html | readonly Html[]): string {
  if (typeof value === 'string' || typeof value === 'number') return asText(String(value))
  return 'html' in value ? value.html : value.map((piece) => piece.html).join('')
}

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

function asText(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => entities[sign] as string)
}

const styleHash = createHash('sha256').update(style).digest('base64')

/** What every page is sent with: it may load nothing, run nothing, be framed by nobody, and send its form to us alone. */
export const pageHeaders: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'content-security-policy': `default-src 'none'; style-src 'sha256-${styleHash}'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'`,
  'content-type': 'text/html; charset=utf-8',
  'cross-origin-opener-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY'
}

/** A whole page. `onward` is where the browser goes by itself. */
export function document(title: string, body: Html, onward?: string): string {
  const refresh = onward === undefined ? html`` : html`<meta http-equiv="refresh" content="0;url=${onward}">`
  const head = html`<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex"><meta name="color-scheme" content="light dark">${refresh}<title>${title}</title>`
  return `<!doctype html>\n<html lang="en"><head>${head.html}<style>${style}</style></head>\n<body><main>${body.html}</main></body></html>\n`
}

/** Sends a page. */
export function sendPage(response: ServerResponse, status: number, page: string, headers: Record<string, string> = {}) {
  response.writeHead(status, { ...pageHeaders, ...headers, 'content-length': Buffer.byteLength(page) }).end(page)
}

/** A page that says something, such as what went wrong and what to do. */
export function messagePage(title: string, paragraphs: readonly string[]): string {
  return document(title, html`<h1>${title}</h1>${paragraphs.map((text) => html`<p>${text}</p>`)}`)
}

/** A page on the way: the browser goes on by itself, and people can help it. */
export function onwardPage(title: string, text: string, link: string, onward: string): string {
  const body = html`<h1>${title}</h1><p>${text}</p><p><a class="button" href="${onward}">${link}</a></p>`
  return document(title, body, onward)
}
