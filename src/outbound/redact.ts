/** Takes secrets and personal values out of texts that leave the process as errors, logs or reports. */

const MASK = '•••'

/** Shapes of secrets and personal values. Order matters: the wide ones come last. */
const shapes: readonly (readonly [RegExp, string])[] = [
  // Query strings and form bodies, JSON members and headers whose name says that the value is secret.
  [
    /((?:api[-_ ]?key|access[-_]?token|refresh[-_]?token|token|secret|password|passwd|authorization|signature|sig|[?&]code)["']?\s*[:=]\s*["']?)(?:(?:bearer|basic|apikey)\s+)?[^\s"'&,;}<]{3,}/gi,
    `$1${MASK}`,
  ],
  [/\b(bearer|basic|apikey)\s+[\w.~+/=:-]{6,}/gi, `$1 ${MASK}`],
  [/\/\/[^/\s:@]+:[^/\s@]+@/g, `//${MASK}@`],
  [/[^\s"'<>,;:()[\]{}=&?/\\]+(?:@|%40)[^\s"'<>,;:()[\]{}=&?/\\]+/gi, MASK],
  // Hashes, keys, JSON web tokens and long numbers such as phone and card numbers.
  [/\b[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,}\b/g, MASK],
  [/\b(?=[\w+-]*\d)[A-Za-z0-9+_-]{24,}={0,2}/g, MASK],
  [/\+?\d[\d ()./-]{6,}\d/g, MASK],
]

/** Cuts a text to `max` characters, marked where it was cut. */
export const capped = (text: string, max: number): string => (text.length <= max ? text : `${text.slice(0, max - 1)}…`)

/** The text without the given secrets, and without anything that looks like a secret, an address or a phone number. */
export const redact = (text: string, secrets: readonly string[] = []): string => {
  let safe = text
  // The longest first, so that a secret that contains another is masked whole.
  for (const secret of [...secrets].sort((a, b) => b.length - a.length)) {
    // A value of one to three characters (a region, say) would blank out ordinary words.
    if (secret.length < 4) continue
    for (const form of [secret, encodeURIComponent(secret), Buffer.from(secret).toString('base64')]) {
      safe = safe.replaceAll(form, MASK)
    }
  }
  for (const [shape, mask] of shapes) safe = safe.replace(shape, mask)
  return safe
}

/** Members of a JSON answer that hold a vendor's words about an error, not a person's values. */
const telling = new Set([
  'code',
  'errorcode',
  'error',
  'errors',
  'error_id',
  'message',
  'msg',
  'description',
  'detail',
  'title',
  'status',
  'state',
  'type',
  'reason',
])

const outline = (value: unknown, key: string, depth: number): unknown => {
  if (depth > 4) return '…'
  if (Array.isArray(value)) {
    const shown = value.slice(0, 3).map((item) => outline(item, key, depth + 1))
    return value.length > 3 ? [...shown, `… ${value.length} in all`] : shown
  }
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).slice(0, 12)
    return Object.fromEntries(entries.map(([name, member]) => [redact(name), outline(member, name, depth + 1)]))
  }
  if (typeof value === 'string') return telling.has(key.toLowerCase()) ? value : MASK
  return typeof value === 'number' && value > 9_999_999 ? MASK : value
}

/**
 * A short, safe look at an answer's body. Of JSON, only the structure, the numbers and the vendor's own words about
 * errors are shown: any other text may be a person's name. Of anything else, the beginning of its words.
 */
export const excerpt = (body: string, secrets: readonly string[] = []): string => {
  if (body.trim() === '') return '(empty)'
  // Parsing a large answer only to show a line of it would cost more than it tells.
  if (body.length <= 1_000_000 && /^\s*[[{]/.test(body)) {
    try {
      const parsed: unknown = JSON.parse(body)
      return capped(redact(JSON.stringify(outline(parsed, '', 0)), secrets), 300)
    } catch {
      return `(${body.length} characters that begin like JSON but are not)`
    }
  }
  const start = body.slice(0, 20_000)
  if (!/^\s*</.test(start)) return `(${body.length} characters of text)`
  const title = /<title[^>]*>([^<]{0,120})/i.exec(start)?.[1] ?? ''
  return capped(redact(`a web page or XML: ${title.trim()}`, secrets), 200)
}
