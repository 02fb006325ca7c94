import { type DocumentNode, type FragmentDefinitionNode, GraphQLError, Kind, type SelectionSetNode } from "graphql"

interface Shape {
  readonly depth: number
  readonly fields: number
}

const maxFields = 2000

/**
 * Refuses documents that nest deeper than `maxDepth` or, with their fragments written out, ask for more fields than any client does: a
 * few fragments that each use another twice make a short text into a huge one. The document must be valid, and so without cycles.
 */
export function checkShape(document: DocumentNode, maxDepth: number): void {
  const fragments = new Map<string, FragmentDefinitionNode>()
  for (const definition of document.definitions)
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition)
  const measure = createMeasure(fragments)
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue
    const { depth, fields } = measure(definition.selectionSet)
    if (depth > maxDepth) throw new GraphQLError(`The query is nested more than ${maxDepth} levels deep.`)
    if (fields > maxFields) throw new GraphQLError(`The query asks for more than ${maxFields} fields.`)
  }
}

function createMeasure(fragments: ReadonlyMap<string, FragmentDefinitionNode>): (set: SelectionSetNode) => Shape {
  const known = new Map<string, Shape>()
  const measureFragment = (name: string): Shape => {
    const shape = known.get(name) ?? measure(fragments.get(name)!.selectionSet)
    known.set(name, shape)
    return shape
  }
  const measure = ({ selections }: SelectionSetNode): Shape => {
    let depth = 0
    let fields = 0
    for (const selection of selections) {
      const isField = selection.kind === Kind.FIELD
      const inner =
        selection.kind === Kind.FRAGMENT_SPREAD
          ? measureFragment(selection.name.value)
          : selection.selectionSet === undefined
            ? { depth: 0, fields: 0 }
            : measure(selection.selectionSet)
      depth = Math.max(depth, inner.depth + (isField ? 1 : 0))
      fields += inner.fields + (isField ? 1 : 0)
    }
    return { depth, fields }
  }
  return measure
}
