/** The page on which somebody logs in and agrees, or does not: one page for both. */
import { document, type Html, html } from './page.ts'

/** What the page shows. */
export interface ConsentView {
  /** How the service calls itself. */
  service: string
  /** What the client says it is called; undefined when it says nothing. */
  client: string | undefined
  /** Where the browser will be sent back to. */
  redirect: { place: string; note: string }
  /** What is asked for: each scope and a text for people, which may be empty. */
  scopes: readonly (readonly [scope: string, text: string])[]
  /** Who is logged in; undefined to ask for name and password. */
  account: string | undefined
  /** Where people log in elsewhere; undefined when that is here. */
  elsewhere: string | undefined
  /** Where the form goes. */
  action: string
  /** Ties the form to this browser and this request. */
  token: string
  /** What was wrong with the last attempt. */
  fault?: string | undefined
  /** The name that was typed last. */
  username?: string | undefined
}

/** The page for people. */
export function consentPage(view: ConsentView): string {
  const { service, redirect, account, elsewhere, action, token, fault } = view
  const client = view.client ?? 'An unnamed application'
  const note = redirect.note === '' ? html`` : html` <small>${redirect.note}</small>`
  const wrong = fault === undefined ? html`` : html`<p class="wrong" role="alert">${fault}</p>`
  const here = elsewhere === undefined ? 'Sign in and allow' : `Allow, and sign in at ${elsewhere}`
  const allow = account === undefined ? here : 'Allow'
  const body = html`<h1>${client} wants to use ${service} for you</h1>
${wrong}<dl><div><dt>Name it gave itself (not checked)</dt><dd>${client}</dd></div><div><dt>Sends you back to</dt><dd>${redirect.place}${note}</dd></div></dl>
<h2>It will be able to</h2>
<ul>${view.scopes.map(scopeLine)}</ul>
<form method="post" action="${action}"><input type="hidden" name="token" value="${token}">
${account === undefined ? (elsewhere === undefined ? fields(view) : html``) : html`<p>You are signed in as <strong>${account}</strong>.</p>`}
<p class="note">Allow this only if you have just started it yourself. If you did not, cancel.</p>
<div class="buttons"><button name="action" value="allow">${allow}</button><button class="plain" name="action" value="deny" formnovalidate>Cancel</button></div>
${account === undefined ? html`` : html`<p class="other">Not ${account}? <button class="quiet" name="action" value="switch">Use another account</button></p>`}
</form>`
  return document(`${client}: sign in to ${service}`, body)
}

function fields({ username = '' }: ConsentView): Html {
  const focus = username === '' ? html` autofocus` : html``
  const other = username === '' ? html`` : html` autofocus`
  return html`<label for="username">User name</label><input id="username" name="username" value="${username}" autocomplete="username" autocapitalize="none" spellcheck="false" maxlength="256" required${focus}>
<label for="password">Password</label><input id="password" name="password" type="password" autocomplete="current-password" maxlength="1024" required${other}>`
}

function scopeLine([scope, text]: readonly [string, string]): Html {
  return text === '' ? html`<li>${scope}</li>` : html`<li>${text} <code>${scope}</code></li>`
}
