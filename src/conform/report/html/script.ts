/**
 * The script of a peer's page: it filters rows by outcome and by words. Without it the page is whole, only the filter is
 * missing. It reads nothing but what the page says, and keeps its state in the address, so that a filtered page can be linked.
 */
export const script = `
const form = document.getElementById('filter')
const words = form.elements.namedItem('q')
const boxes = [...form.querySelectorAll('[type=checkbox]')]
const rows = [...document.querySelectorAll('tr[data-o]')].map((row) => ({
  row, outcome: row.dataset.o, text: row.querySelector('.two').textContent.toLowerCase()
}))
const folds = [...document.querySelectorAll('details.fold')]
const pages = [...document.querySelectorAll('section.page')]
const none = document.getElementById('none')
let narrowed = false

function filter() {
  const wanted = words.value.trim().toLowerCase().split(/\\s+/)
  const outcomes = new Set(boxes.filter((box) => box.checked).map((box) => box.value))
  let shown = 0
  for (const { row, outcome, text } of rows) {
    row.hidden = !outcomes.has(outcome) || !wanted.every((word) => text.includes(word))
    if (!row.hidden) shown++
  }
  const narrow = wanted[0] !== '' || outcomes.size < boxes.length
  for (const fold of folds) {
    const any = fold.querySelector('tr[data-o]:not([hidden])') !== null
    fold.hidden = !any
    if (narrow || narrowed) fold.open = narrow && any
  }
  for (const page of pages) page.hidden = page.querySelector('tr[data-o]:not([hidden])') === null
  narrowed = narrow
  none.hidden = shown > 0
  form.elements.namedItem('shown').value = shown === rows.length ? shown + ' cases' : shown + ' of ' + rows.length + ' cases'
}

function remember() {
  const state = new URLSearchParams()
  if (words.value !== '') state.set('q', words.value)
  const off = boxes.filter((box) => !box.checked)
  if (off.length > 0) state.set('o', boxes.filter((box) => box.checked).map((box) => box.value).join(' '))
  history.replaceState(null, '', state.size === 0 ? location.pathname + location.search : '#' + state)
}

/** An address with q= or o= is a filter; any other is a place on the page, which may lie in a fold. */
function arrive() {
  const hash = location.hash.slice(1)
  if (/^[qo]=/.test(hash)) {
    const state = new URLSearchParams(hash)
    words.value = state.get('q') ?? ''
    const outcomes = state.get('o')?.split(' ')
    for (const box of boxes) box.checked = outcomes?.includes(box.value) ?? true
    filter()
    return
  }
  const place = hash === '' ? null : document.getElementById(decodeURIComponent(hash))
  const fold = place?.closest('details.fold')
  if (fold) { fold.open = true; place.scrollIntoView() }
}

form.hidden = false
form.addEventListener('submit', (event) => event.preventDefault())
form.addEventListener('input', () => { filter(); remember() })
addEventListener('hashchange', arrive)
filter()
arrive()
`
