/** Which addresses SendGrid takes. Its own rules are not published; these are RFC 5321's without quoted parts and literals. */

const longestAddress = 254
const longestLocalPart = 64
const localPart = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/
const label = /^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/
const topLabel = /^([A-Za-z]{2,63}|[Xx][Nn]--[A-Za-z0-9-]{1,59})$/

/** Stricter than a glance for an `@` and a dot: two dots in a row, a label that ends in a hyphen, a numeric top level ... */
export const isValidAddress = (address: string): boolean => {
  const at = address.lastIndexOf('@')
  if (at < 1 || at > longestLocalPart || address.length > longestAddress) return false
  if (!localPart.test(address.slice(0, at))) return false
  const labels = address.slice(at + 1).split('.')
  return labels.length > 1 && labels.every((part) => label.test(part)) && topLabel.test(labels.at(-1) ?? '')
}
