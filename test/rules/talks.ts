/** The rule that a talk called without `yield*` is an error: it would send nothing, and nobody would notice. */
import { at, listAt, nameOf, type Syntax, type Visit } from './syntax.ts'
import { breachAt, isTest, type Rule, roomOf, type SourceFile, type Tree } from './tree.ts'

const isTalkType = (node: Syntax | undefined): boolean =>
  ['Talk', 'Generator'].includes(nameOf(at(at(at(node, 'returnType'), 'typeAnnotation'), 'typeName')) ?? '')

/** A `function*`, or a function that says it returns a talk. */
const givesTalk = (node: Syntax | undefined): boolean =>
  node !== undefined && (node.generator === true || isTalkType(node))

/** The name that a talk has in this file: of a declaration, a variable or a method. */
const talkName = ({ node }: Visit): string | undefined => {
  if (node.type === 'FunctionDeclaration') return givesTalk(node) ? nameOf(at(node, 'id')) : undefined
  if (node.type === 'VariableDeclarator') return givesTalk(at(node, 'init')) ? nameOf(at(node, 'id')) : undefined
  if (node.type !== 'Property' && node.type !== 'MethodDefinition') return undefined
  return givesTalk(at(node, 'value')) ? nameOf(at(node, 'key')) : undefined
}

const declaredTalks = (file: SourceFile): Set<string> => new Set(file.visits.flatMap((visit) => talkName(visit) ?? []))

/** Talks of the kit that are made as objects. */
const KIT_TALKS = ['send', 'scan', 'keep', 'met']

/** Local names of imported talks. */
const importedTalks = (file: SourceFile, tree: Tree): string[] =>
  file.visits.flatMap(({ node }) => {
    if (node.type !== 'ImportDeclaration') return []
    const source = at(node, 'source')
    const path = file.imports.find(({ from }) => from === source?.value)?.path
    const target = path === undefined ? undefined : tree.get(path)
    const talks = target === undefined ? new Set<string>() : declaredTalks(target)
    if (path === 'src/destination-kit/kit.ts') for (const talk of KIT_TALKS) talks.add(talk)
    return listAt(node, 'specifiers').flatMap((specifier) => {
      const isTalk = talks.has(nameOf(at(specifier, 'imported')) ?? '')
      return isTalk ? (nameOf(at(specifier, 'local')) ?? []) : []
    })
  })

const isGenerator = (visit: Visit): boolean =>
  visit.up.find(({ type }) => type.includes('Function'))?.generator === true

/** Does the talk reach `yield*`, or leave as a value: an argument, or the result of a function that is no talk itself? */
const isHeard = ({ node, up }: Visit): boolean => {
  let child = node
  for (const [index, parent] of up.entries()) {
    switch (parent.type) {
      case 'YieldExpression':
        return parent.delegate === true
      case 'ReturnStatement':
        return !isGenerator({ node: parent, up: up.slice(index + 1) })
      case 'ArrowFunctionExpression':
        return parent.body === child
      case 'CallExpression':
        return parent.callee !== child
      case 'ConditionalExpression':
        if (parent.test === child) return false
        break
      case 'LogicalExpression':
      case 'ParenthesizedExpression':
        break
      default:
        return false
    }
    child = parent
  }
  return false
}

const calleeName = (node: Syntax): string | undefined => {
  const callee = at(node, 'callee')
  return callee?.type === 'MemberExpression' ? nameOf(at(callee, 'property')) : nameOf(callee)
}

const talksAreHeard: Rule = {
  name: 'talks are called with yield*',
  check(file, tree) {
    if (roomOf(file.path) !== 'src/destinations' || isTest(file.path)) return []
    const talks = new Set([...declaredTalks(file), ...importedTalks(file, tree)])
    return file.visits.flatMap((visit) => {
      const name = visit.node.type === 'CallExpression' ? calleeName(visit.node) : undefined
      const isLost = name !== undefined && talks.has(name) && !isHeard(visit)
      return isLost ? [breachAt(file, visit.node, `${name}(...) without yield*`)] : []
    })
  },
}

export const talkRules: readonly Rule[] = [talksAreHeard]
