/** What every page of the sandbox has: head, navigation, paging, and how it looks in the light, in the dark and on a phone. */
import { type SandboxVendor, sandboxVendors } from '../vendors.ts'
import { Html, html, nothing } from './html.ts'

export const REFRESH_SECONDS = 5

const style = `
:root { color-scheme: light dark; --line: light-dark(#8a8f98, #6c7480); --soft: light-dark(#f1f3f5, #20252b); --bad: light-dark(#a4262c, #ff9b9f) }
* { box-sizing: border-box }
body { font: 1rem/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 70rem; padding: 1rem; color: light-dark(#1b1f23, #e8eaed); background: light-dark(#fff, #14181d) }
a { color: light-dark(#0b57a4, #8ec1ff) } a:focus-visible, [tabindex]:focus-visible { outline: 3px solid currentColor; outline-offset: 2px }
nav ul { display: flex; flex-wrap: wrap; gap: .25rem 1rem; list-style: none; margin: 0; padding: 0 } nav a { display: inline-block; padding: .5rem 0 }
[aria-current] { font-weight: 700; text-decoration: none }
.skip { position: absolute; left: -100rem } .skip:focus { position: static }
.wide { overflow-x: auto } table { border-collapse: collapse; width: 100% }
th, td { border-bottom: 1px solid var(--line); padding: .4rem .6rem; text-align: left; vertical-align: top } thead th { background: var(--soft) }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums } td, code { overflow-wrap: anywhere } code { font-family: ui-monospace, monospace }
.bad { color: var(--bad); font-weight: 700 } h1 { font-size: 1.4rem; overflow-wrap: anywhere }
@media (max-width: 40rem) { body { padding: .75rem } th, td { padding: .35rem .4rem } }
`

/** A Content-Security-Policy for these pages: their own style, and nothing from anywhere. */
export const policy =
  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

export const names: Readonly<Record<SandboxVendor, string>> = {
  'campaign-monitor': 'Campaign Monitor',
  dotdigital: 'Dotdigital',
  iterable: 'Iterable',
  'microsoft-advertising': 'Microsoft Advertising',
  sendgrid: 'SendGrid',
  webhook: 'Webhook',
}

export interface Here {
  readonly path: string
  readonly page: number
  readonly refreshing: boolean
}

/** An address in these pages. Whether they refresh goes along. */
export const link = (path: string, { refreshing, page = 1 }: { refreshing: boolean; page?: number }): string => {
  const query = new URLSearchParams({
    ...(page > 1 ? { page: String(page) } : {}),
    ...(refreshing ? { refresh: 'on' } : {}),
  })
  return query.size === 0 ? path : `${path}?${query}`
}

const navigation = ({ path, refreshing }: Here): Html => {
  const entry = (to: string, name: string): Html => {
    const isHere = path === to || (to !== '/' && path.startsWith(`${to}/`))
    return html`<li><a href="${link(to, { refreshing })}"${isHere ? html` aria-current="page"` : nothing}>${name}</a></li>`
  }
  return html`<nav aria-label="Services"><ul>${[entry('/', 'All'), ...sandboxVendors.map((vendor) => entry(`/${vendor}`, names[vendor]))]}</ul></nav>`
}

const refreshing = ({ path, page, refreshing: on }: Here): Html =>
  html`<p><a href="${link(path, { page, refreshing: on })}">Refresh now</a> · ${
    on
      ? html`refreshed every ${REFRESH_SECONDS} seconds, <a href="${link(path, { page, refreshing: false })}">turn that off</a>`
      : html`<a href="${link(path, { page, refreshing: true })}">refresh every ${REFRESH_SECONDS} seconds</a>`
  }</p>`

/** The whole document. */
export const document = (here: Here, title: string, content: Html): string =>
  html`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
${here.refreshing ? html`<meta http-equiv="refresh" content="${REFRESH_SECONDS}">` : nothing}
<title>${title} – Sund sandbox</title>
<style>${new Html(style)}</style>
</head>
<body>
<a class="skip" href="#content">To the content</a>
<header>${navigation(here)}</header>
<main id="content">
<h1>${title}</h1>
${refreshing(here)}
${content}
</main>
</body>
</html>
`.markup

export const PAGE_SIZE = 100

export const pagesOf = (total: number): number => Math.max(1, Math.ceil(total / PAGE_SIZE))

/** Where one is in a long list, and the ways on. */
export const paging = ({ path, page, refreshing: on }: Here, total: number): Html => {
  const last = pagesOf(total)
  if (last === 1) return nothing
  const to = (number: number, name: string, rel: string): Html =>
    number < 1 || number > last || number === page
      ? nothing
      : html`<li><a rel="${rel}" href="${link(path, { page: number, refreshing: on })}">${name}</a></li>`
  return html`<nav aria-label="Pages"><ul>${[
    to(1, 'First', 'first'),
    to(page - 1, 'Previous', 'prev'),
    html`<li>Page ${page} of ${last}</li>`,
    to(page + 1, 'Next', 'next'),
    to(last, 'Last', 'last'),
  ]}</ul></nav>`
}

/** A table that can be moved sideways by keyboard where the screen is narrow. */
export const table = (label: string, head: readonly Html[], rows: readonly Html[]): Html =>
  html`<div class="wide" role="region" aria-label="${label}" tabindex="0"><table><thead><tr>${head}</tr></thead><tbody>${rows}</tbody></table></div>`
