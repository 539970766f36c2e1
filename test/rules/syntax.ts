/** Source text as a syntax tree (ESTree with TypeScript nodes), and how the rules walk it. */
import { parseSync } from 'rolldown/utils'

/** A node of the tree. Only what a rule asks for is narrowed, by the functions below. */
export interface Syntax {
  readonly type: string
  readonly start: number
  readonly end: number
  readonly [key: string]: unknown
}

/** A node and how it was reached: `up` are its ancestors, nearest first. */
export interface Visit {
  readonly node: Syntax
  readonly up: readonly Syntax[]
}

export const isSyntax = (value: unknown): value is Syntax =>
  typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string' && 'start' in value

/** The whole file; throws where the text is not TypeScript. */
export const parse = (
  path: string,
  text: string,
): { readonly program: Syntax; readonly comments: readonly string[] } => {
  const parsed = parseSync(path, text)
  const [error] = parsed.errors
  if (error !== undefined) throw new Error(`${path}: ${error.message}`)
  const program: unknown = parsed.program
  if (!isSyntax(program)) throw new Error(`${path}: the parser gave no program`)
  return { program, comments: parsed.comments.map((comment) => comment.value) }
}

const childrenOf = (node: Syntax): Syntax[] =>
  Object.values(node).flatMap((value) => (Array.isArray(value) ? value : [value]).filter(isSyntax))

/** Every node below, this one included, parents first. */
export function* walk(node: Syntax, up: readonly Syntax[] = []): Generator<Visit> {
  yield { node, up }
  for (const child of childrenOf(node)) yield* walk(child, [node, ...up])
}

/** The node under this key, where there is one. */
export const at = (node: Syntax | undefined, key: string): Syntax | undefined => {
  const value = node?.[key]
  return isSyntax(value) ? value : undefined
}

/** The nodes of the list under this key. */
export const listAt = (node: Syntax | undefined, key: string): Syntax[] => {
  const value = node?.[key]
  return Array.isArray(value) ? value.filter(isSyntax) : []
}

export const textAt = (node: Syntax | undefined, key: string): string | undefined => {
  const value = node?.[key]
  return typeof value === 'string' ? value : undefined
}

/** The name that an identifier has; undefined for every other node. */
export const nameOf = (node: Syntax | undefined): string | undefined =>
  node?.type === 'Identifier' || node?.type === 'PrivateIdentifier' ? textAt(node, 'name') : undefined

/** The text of a string literal, or the fixed parts of a template, joined by `?`. */
export const literalOf = (node: Syntax): string | undefined => {
  if (node.type === 'Literal') return textAt(node, 'value')
  if (node.type !== 'TemplateLiteral') return undefined
  return listAt(node, 'quasis')
    .map((part) => {
      const value = part.value
      return typeof value === 'object' && value !== null && 'raw' in value ? String(value.raw) : ''
    })
    .join('?')
}

/** Is this identifier the name of a property (`x.name`, `{ name: ... }`) and not of a variable? */
export const isPropertyName = ({ node, up }: Visit): boolean => {
  const parent = up[0]
  if (parent === undefined || parent.computed === true || parent.shorthand === true) return false
  if (parent.type === 'MemberExpression') return parent.property === node
  return parent.key === node || (parent.type === 'TSQualifiedName' && parent.right === node)
}
