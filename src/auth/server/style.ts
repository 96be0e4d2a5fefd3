/** How the pages look. The policy that they are sent with names this text by its hash. */
export const style = `
:root { color-scheme: light dark; --ground: #f3f4f6; --card: #fff; --ink: #16181d; --soft: #585f6b; --line: #d9dce1; --strong: #1d4ed8; --on: #fff; --bad: #b42318; --badground: #fef3f2; --note: #f7f8fa }
@media (prefers-color-scheme: dark) { :root { --ground: #111317; --card: #1a1d23; --ink: #eceef2; --soft: #a2a9b5; --line: #363b45; --strong: #7aa2ff; --on: #0d1220; --bad: #ff9b90; --badground: #3a1d1a; --note: #22262e } }
* { box-sizing: border-box }
html { -webkit-text-size-adjust: 100% }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 24px 16px; background: var(--ground); color: var(--ink); font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif }
main { width: 100%; max-width: 440px; padding: 32px; background: var(--card); border: 1px solid var(--line); border-radius: 14px; overflow-wrap: anywhere }
h1 { margin: 0 0 20px; font-size: 22px; line-height: 1.3; font-weight: 600; text-wrap: balance }
h2 { margin: 0 0 8px; font-size: 14px; font-weight: 600 }
p { margin: 0 0 16px }
main > :last-child, form > :last-child { margin-bottom: 0 }
dl { margin: 0 0 20px; border: 1px solid var(--line); border-radius: 10px }
dl div { padding: 10px 14px }
dl div + div { border-top: 1px solid var(--line) }
dt { font-size: 13px; color: var(--soft) }
dd { margin: 0; font-weight: 500 }
small { font-size: 14px; font-weight: 400; color: var(--soft) }
ul { margin: 0 0 20px; padding: 0; list-style: none }
li { padding: 2px 0 2px 26px; position: relative }
li::before { content: ""; position: absolute; left: 4px; top: 11px; width: 9px; height: 5px; border: solid var(--strong); border-width: 0 0 2px 2px; transform: rotate(-45deg) }
code { font: 13px/1.5 ui-monospace, SFMono-Regular, Menlo, monospace; color: var(--soft) }
.other { margin-top: 20px; text-align: center; font-size: 15px }
.note { padding: 12px 14px; font-size: 14px; color: var(--soft); background: var(--note); border-radius: 10px }
.wrong { padding: 12px 14px; font-size: 14px; color: var(--bad); background: var(--badground); border-radius: 10px }
label { display: block; margin: 0 0 4px; font-size: 14px; font-weight: 500 }
input { width: 100%; margin: 0 0 16px; padding: 11px 12px; font: inherit; color: inherit; background: transparent; border: 1px solid var(--line); border-radius: 9px }
input:focus-visible, button:focus-visible, a:focus-visible { outline: 2px solid var(--strong); outline-offset: 2px }
.buttons { display: grid; gap: 10px; margin-top: 4px }
button, .button { display: block; width: 100%; padding: 12px 16px; font: inherit; font-weight: 600; text-align: center; text-decoration: none; border: 1px solid transparent; border-radius: 9px; cursor: pointer; color: var(--on); background: var(--strong) }
button.plain { color: var(--ink); background: transparent; border-color: var(--line) }
button.quiet { width: auto; display: inline; padding: 0; color: var(--strong); background: none; border: 0; font-weight: 500; text-decoration: underline }
@media (max-width: 480px) { body { padding: 0; place-items: stretch; background: var(--card) } main { max-width: none; padding: 24px 20px; border: 0; border-radius: 0 } }
`
