/** The pages of the sandbox: its services, the lists of one, the members of a list, the requests to a service. */
import type { LoggedRequest } from '../frame/request-log.ts'
import type { Sandbox } from '../sandbox.ts'
import { type SandboxVendor, sandboxVendors } from '../vendors.ts'
import { type Html, html, nothing } from './html.ts'
import { document, type Here, link, names, PAGE_SIZE, pagesOf, paging, table } from './layout.ts'

const th = (name: string): Html => html`<th scope="col">${name}</th>`
const thNumber = (name: string): Html => html`<th scope="col" class="n">${name}</th>`
const number = (value: number): Html => html`<td class="n">${value.toLocaleString('en-US')}</td>`

const forbiddenOnes = (sandbox: Sandbox, vendor?: SandboxVendor): Html => {
  const all = sandbox.forbidden().filter((what) => vendor === undefined || what.startsWith(`${vendor}: `))
  if (all.length === 0) return nothing
  return html`<h2 class="bad">Requests that must never be sent</h2><ul>${all.map((what) => html`<li>${what}</li>`)}</ul>`
}

/** All services: where each is, what it holds, what it was asked. */
export const overview = (sandbox: Sandbox, here: Here): string => {
  const rows = sandboxVendors.map((vendor) => {
    const lists = sandbox.lists(vendor)
    const { total } = sandbox.requestPage(vendor, { from: 0, size: 0 })
    return html`<tr><th scope="row"><a href="${link(`/${vendor}`, here)}">${names[vendor]}</a></th><td><code>${
      sandbox.urls[vendor]
    }</code></td>${number(lists.length)}${number(lists.reduce((sum, { members }) => sum + members, 0))}<td class="n"><a href="${link(
      `/${vendor}/requests`,
      here,
    )}">${total.toLocaleString('en-US')}</a></td></tr>`
  })
  const head = [th('Service'), th('Address'), thNumber('Lists'), thNumber('Members'), thNumber('Requests')]
  return document(
    { ...here, page: 1 },
    'Simulated services',
    html`${table('Services', head, rows)}${forbiddenOnes(sandbox)}`,
  )
}

const listAddress = (vendor: SandboxVendor, id: string): string => `/${vendor}/lists/${encodeURIComponent(id)}`

export const listsOf = (sandbox: Sandbox, vendor: SandboxVendor, here: Here): string => {
  const lists = sandbox.lists(vendor)
  const page = Math.min(here.page, pagesOf(lists.length))
  const shown = lists.slice((page - 1) * PAGE_SIZE, page * PAGE_SIZE)
  const rows = shown.map(
    ({ id, name, members }) =>
      html`<tr><th scope="row"><a href="${link(listAddress(vendor, id), { refreshing: here.refreshing })}">${
        name === '' ? '(no name)' : name
      }</a></th><td><code>${id}</code></td>${number(members)}</tr>`,
  )
  const there = { ...here, page }
  const content = html`<p><code>${sandbox.urls[vendor]}</code> · <a href="${link(`/${vendor}/requests`, { refreshing: here.refreshing })}">Requests</a></p>
${lists.length === 0 ? html`<p>It has no list.</p>` : table('Lists', [th('List'), th('ID'), thNumber('Members')], rows)}
${paging(there, lists.length)}${forbiddenOnes(sandbox, vendor)}`
  return document(there, names[vendor], content)
}

/** Undefined where the service has no such list. */
export const membersOf = (sandbox: Sandbox, vendor: SandboxVendor, id: string, here: Here): string | undefined => {
  const list = sandbox.lists(vendor).find((one) => one.id === id)
  if (list === undefined) return undefined
  const page = Math.min(here.page, pagesOf(list.members))
  const from = (page - 1) * PAGE_SIZE
  const members = sandbox.memberPage(vendor, id, { from, size: PAGE_SIZE })
  const rows = members.map((member, index) => html`<tr>${number(from + index + 1)}<td>${member}</td></tr>`)
  const there = { ...here, page }
  const content = html`<p>${names[vendor]} · <code>${id}</code> · ${list.members.toLocaleString('en-US')} members</p>
${members.length === 0 ? html`<p>Nobody is on it.</p>` : table('Members', [thNumber('No.'), th('Member')], rows)}
${paging(there, list.members)}`
  return document(there, list.name === '' ? '(no name)' : list.name, content)
}

const requestRow = ({ id, at, method, path, status, records, write, fault }: LoggedRequest): Html =>
  html`<tr>${number(id)}<td>${new Date(at).toISOString()}</td><td>${method}</td><td><code>${path}</code></td><td class="n">${
    status === 0 ? 'none' : status >= 400 ? html`<span class="bad">${status}</span>` : status
  }</td><td>${fault ?? ''}</td>${number(records)}<td>${write ? 'yes' : 'no'}</td></tr>`

/** The newest first. */
export const requestsTo = (sandbox: Sandbox, vendor: SandboxVendor, here: Here): string => {
  const { total } = sandbox.requestPage(vendor, { from: 0, size: 0 })
  const page = Math.min(here.page, pagesOf(total))
  const { requests } = sandbox.requestPage(vendor, { from: (page - 1) * PAGE_SIZE, size: PAGE_SIZE })
  const head = [
    thNumber('No.'),
    th('Time (UTC)'),
    th('Method'),
    th('Path'),
    thNumber('Status'),
    th('Fault'),
    thNumber('Records'),
    th('Can change data'),
  ]
  const there = { ...here, page }
  const content = html`<p>${total.toLocaleString('en-US')} requests, the newest first.</p>
${total === 0 ? html`<p>Nothing was asked yet.</p>` : table('Requests', head, requests.map(requestRow))}
${paging(there, total)}${forbiddenOnes(sandbox, vendor)}`
  return document(there, `Requests to ${names[vendor]}`, content)
}
