/** Writes HTML in which whatever is filled in is text, never markup. */

/** Markup that was written by us. */
export class Html {
  readonly markup: string
  constructor(markup: string) {
    this.markup = markup
  }
}

type Filling = string | number | Html | readonly Html[]

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Control characters, which no page may hold, are shown as U+FFFD. */
const escaped = (text: string): string =>
  text.replaceAll(/[&<>"']/g, (sign) => entities[sign] ?? sign).replaceAll(/\p{Cc}/gu, '\u{FFFD}')

const markupOf = (filling: Filling): string => {
  if (filling instanceof Html) return filling.markup
  if (typeof filling === 'object') return filling.map(({ markup }) => markup).join('')
  return escaped(String(filling))
}

/** `html\`<p>${name}</p>\``: texts are escaped, also in attributes between quotes. */
export const html = (parts: TemplateStringsArray, ...fillings: readonly Filling[]): Html =>
  new Html(parts.map((part, index) => part + markupOf(fillings[index] ?? '')).join(''))

export const nothing = html``
