/** The look of the pages: one style sheet for the page of a peer and for the index, in light and dark. */
export const style = `
:root { color-scheme: light dark;
  --paper: #fbfbf9; --sheet: #fff; --ink: #1c1d1f; --soft: #5b6066; --line: #e2e2dd; --tint: #f3f3ef; --link: #1f4fa3;
  --fail: #b3261e; --warn: #8a5300; --info: #1f5f9e; --skip: #62676d; --error: #7b2d99; --known: #62676d; --pass: #1b7340;
  --mono: ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace }
@media (prefers-color-scheme: dark) { :root {
  --paper: #141517; --sheet: #1a1c1f; --ink: #e4e5e7; --soft: #a0a5ac; --line: #2f3236; --tint: #202327; --link: #8db4f5;
  --fail: #ff8a80; --warn: #e9b04c; --info: #82b7ee; --skip: #a0a5ac; --error: #d6a0f0; --known: #a0a5ac; --pass: #74cf95 } }
* { box-sizing: border-box }
[hidden] { display: none !important }
html { scroll-padding-top: 4rem }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", sans-serif }
a { color: var(--link); text-decoration-thickness: 1px; text-underline-offset: 2px }
a:not(:hover) { text-decoration-color: color-mix(in srgb, currentColor 35%, transparent) }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; border-radius: 3px }
.vh { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap }
.skip { position: absolute; left: -99em } .skip:focus { left: 1rem; top: 1rem; background: var(--sheet); padding: .5rem 1rem; z-index: 3 }
.wrap { max-width: 84rem; margin: 0 auto; padding: 0 1.25rem }
code, pre, .id { font-family: var(--mono); font-size: .86em }
h1 { font-size: 1.7rem; line-height: 1.2; letter-spacing: -.015em; margin: 0; font-weight: 650; overflow-wrap: anywhere }
h1 small { font-weight: 400; color: var(--soft); font-size: .65em; letter-spacing: 0 }
h2 { font-size: 1.12rem; margin: 0; font-weight: 650 }
h2 a { font-size: .78rem; font-weight: 400; margin-left: .5rem }
h3 { font-size: .95rem; margin: 0 0 .4rem }
header.top { padding-block: 2rem 1.25rem }
.eyebrow { color: var(--soft); font-size: .82rem; margin: 0 0 .35rem }
dl.facts { display: flex; flex-wrap: wrap; gap: .2rem 1.6rem; margin: .7rem 0 0; font-size: .88rem }
dl.facts div { display: flex; gap: .45rem; min-width: 0 } dl.facts dt { color: var(--soft) } dl.facts dd { margin: 0; overflow-wrap: anywhere }
.bar { display: block; width: 100%; height: 10px; border-radius: 5px; margin: 1.1rem 0 .8rem; background: var(--line) }
.fail { color: var(--fail) } .warn { color: var(--warn) } .info { color: var(--info) } .skipped { color: var(--skip) }
.error { color: var(--error) } .known { color: var(--known) } .pass { color: var(--pass) }
rect.fail, rect.warn, rect.info, rect.skipped, rect.error, rect.known, rect.pass { fill: currentColor } rect.skipped, rect.known { opacity: .45 }
.three { display: grid; grid-template-columns: repeat(auto-fit, minmax(15rem, 1fr)); gap: 0 2rem; margin: 0; padding: .9rem 0 0; border-top: 1px solid var(--line) }
.three div { padding-bottom: .6rem } .three dt { font-weight: 600 } .three dd { margin: 0; color: var(--soft); font-size: .88rem }
.filter { position: sticky; top: 0; z-index: 2; background: color-mix(in srgb, var(--paper) 94%, transparent); border-block: 1px solid var(--line); backdrop-filter: blur(6px) }
.filter .wrap { display: flex; flex-wrap: wrap; gap: .4rem .55rem; align-items: center; padding-block: .5rem }
.filter fieldset { display: contents } .filter label { cursor: pointer; font-size: .85rem; white-space: nowrap }
.chip { display: inline-flex; gap: .35rem; align-items: center; border: 1px solid var(--line); border-radius: 1rem; padding: .08rem .65rem .08rem .5rem; background: var(--sheet) }
.chip:has(:checked) { border-color: currentColor } .chip input { margin: 0; color: inherit; accent-color: currentColor } .chip b { font-weight: 600 }
.chip:has(:focus-visible) { outline: 2px solid var(--link); outline-offset: 2px } .chip input:focus-visible { outline: none }
.filter input[type=search] { flex: 1 1 12rem; min-width: 9rem; font: inherit; font-size: .9rem; color: inherit; background: var(--sheet); border: 1px solid var(--line); border-radius: .4rem; padding: .2rem .6rem }
.filter output { color: var(--soft); font-size: .82rem; min-width: 7.5rem; text-align: right }
.body { display: grid; grid-template-columns: 14rem minmax(0, 1fr); gap: 2.5rem; align-items: start; padding-top: 1.4rem; padding-bottom: 4rem }
nav.pages { position: sticky; top: 4.2rem; font-size: .88rem; max-height: calc(100vh - 5rem); overflow: auto }
nav.pages ul { list-style: none; margin: 0; padding: 0 } nav.pages h2 { font-size: .8rem; color: var(--soft); font-weight: 500; margin-bottom: .3rem }
nav.pages a { display: flex; justify-content: space-between; gap: .75rem; padding: .1rem .25rem; color: inherit; text-decoration: none } nav.pages a:hover { background: var(--tint) }
.n { font-variant-numeric: tabular-nums; white-space: nowrap } .n span + span { margin-left: .5em }
section.page { margin-bottom: 2.2rem } section.page > header { display: flex; flex-wrap: wrap; gap: .2rem 1rem; justify-content: space-between; align-items: baseline; border-bottom: 2px solid var(--ink); padding-bottom: .3rem }
section.page > header .n { font-size: .85rem }
table { border-collapse: collapse; width: 100% } td, th { text-align: left; vertical-align: top; padding: 0 }
tr[data-o] > * { border-bottom: 1px solid var(--line); padding: .5rem 0 } tr:target > * { background: color-mix(in srgb, var(--link) 8%, transparent) }
tr[data-o] > :first-child { width: 4.9rem; font-weight: 600; font-size: .82rem; padding-right: .6rem; padding-top: .58rem } tr[data-o] > :last-child { width: 4rem; text-align: right; color: var(--soft); font-size: .8rem; white-space: nowrap; padding-top: .6rem }
.two { display: grid; grid-template-columns: minmax(0, 5fr) minmax(0, 6fr); gap: 0 1.75rem } .two > p { margin: 0 } .two .id { color: var(--soft); overflow-wrap: anywhere; font-size: .79em } .two .id a { color: inherit; text-decoration: none } .two .id a:hover { text-decoration: underline }
.req { font-size: .88rem; color: var(--soft) } .req .rid { white-space: nowrap; font-weight: 600; color: var(--ink) } .req .more { white-space: nowrap }
.why { margin: .3rem 0 0; overflow-wrap: anywhere; font-size: .9rem } .why b { font-weight: 600 }
dl.values { display: grid; grid-template-columns: 5.2rem minmax(0, 1fr); gap: .15rem .6rem; margin: .35rem 0 0; font-size: .88rem } dl.values dt { color: var(--soft) } dl.values dd { margin: 0; min-width: 0 }
dl.values code { white-space: pre-wrap; overflow-wrap: anywhere } 
details { margin-top: .3rem } summary { cursor: pointer; color: var(--soft); font-size: .84rem; width: fit-content } summary:hover { color: var(--ink) }
pre.log { margin: .4rem 0 .2rem; padding: .6rem .8rem; background: var(--tint); border-radius: .4rem; white-space: pre-wrap; overflow-wrap: anywhere; font-size: .78rem; line-height: 1.45; max-height: 32rem; overflow: auto }
pre.log i { font-style: normal; color: var(--soft) } pre.log b { font-weight: 600; color: var(--info) } pre.log b.s { color: var(--pass) } pre.log u { text-decoration: none; color: var(--soft) }
.fold { margin: 0; border-bottom: 1px solid var(--line) } .fold > summary { padding: .45rem 0; width: auto } .fold tr[data-o]:last-child > * { border-bottom: 0 } .fold[open] > summary { border-bottom: 1px solid var(--line) }
.none { color: var(--soft); padding: 2rem 0 }
.matrix { overflow-x: auto; margin: 1rem 0 1.5rem } .matrix table { width: auto; min-width: 40rem; font-size: .92rem } .matrix th, .matrix td { padding: .35rem 1.4rem .35rem 0; border-bottom: 1px solid var(--line); white-space: nowrap }
.matrix thead th { vertical-align: bottom; border-bottom: 2px solid var(--ink); white-space: normal; min-width: 9rem; max-width: 16rem; font-weight: 600; overflow-wrap: anywhere } .matrix thead small { display: block; font-weight: 400; color: var(--soft); font-size: .8rem }
.matrix tbody th { font-weight: 500; position: sticky; left: 0; background: var(--paper) } .matrix td a { color: inherit; text-decoration: none; display: block } .matrix td a:hover { text-decoration: underline } .matrix tr.sum > * { border-bottom: 2px solid var(--line); font-weight: 600 }
.matrix .n > span { display: inline-block; width: 2.3em; text-align: right } .matrix .n > span + span { margin-left: .4em }
footer { color: var(--soft); font-size: .82rem; border-top: 1px solid var(--line); padding-block: 1rem 3rem }
@media (max-width: 60rem) { .body { grid-template-columns: minmax(0, 1fr); gap: 1.2rem } nav.pages { position: static; max-height: none } nav.pages ul { columns: 2; column-gap: 1.5rem } }
@media (max-width: 40rem) { .wrap { padding: 0 .9rem } .two { grid-template-columns: minmax(0, 1fr) } .two .req { margin-top: .2rem } tr[data-o] > :last-child { display: none } tr[data-o] > :first-child { width: 3.4rem } .filter { position: static } .filter input[type=search] { flex-basis: 100% } .filter output { text-align: left } html { scroll-padding-top: 1rem } dl.values { grid-template-columns: minmax(0, 1fr) } h1 { font-size: 1.35rem } }
@media print { .filter, nav.pages { display: none } .body { display: block } }
`
