/** What a registry should hold, as plain data: two collections that are logged to, and one that is linked to. */
export interface ModelVersion {
  readonly tree: ReadonlyMap<string, string>
  readonly tags: Set<string>
  readonly users: Set<string>
}

export interface ModelMember {
  readonly index: number
  readonly version: ModelVersion
}

export interface ModelDraft {
  readonly collection: string
  readonly tree: Map<string, string>
  isFinal: boolean
}

export class ModelCollection {
  readonly members: ModelMember[] = []
  readonly aliases: Map<string, number> = new Map()
  next = 0

  aliasesOf(index: number): string[] {
    return [...this.aliases].filter(([, target]) => target === index).map(([alias]) => alias)
  }

  memberOf(version: ModelVersion): ModelMember | undefined {
    return this.members.find((member) => member.version === version)
  }

  /** At the next number, or where it is already; `latest` and the aliases go there. */
  put(version: ModelVersion, aliases: readonly string[]): number {
    const index = this.memberOf(version)?.index ?? this.next++
    if (this.memberOf(version) === undefined) this.members.push({ index, version })
    for (const alias of ["latest", ...aliases]) this.aliases.set(alias, index)
    return index
  }

  /** Takes a version out with its aliases; `latest` goes to the newest that is left. */
  drop(version: ModelVersion): void {
    const member = this.memberOf(version)
    if (member === undefined) return
    this.members.splice(this.members.indexOf(member), 1)
    const lost = this.aliasesOf(member.index)
    for (const alias of lost) this.aliases.delete(alias)
    const newest = this.members.at(-1)
    if (lost.includes("latest") && newest !== undefined) this.aliases.set("latest", newest.index)
  }
}

export class Model {
  readonly sequences: ReadonlyMap<string, ModelCollection> = new Map([
    ["x", new ModelCollection()],
    ["y", new ModelCollection()],
  ])
  readonly shelf: ModelCollection = new ModelCollection()
  readonly drafts: ModelDraft[] = []

  /** The same content in the same collection is the same version, the newest of them; tags are added to it. */
  log({ collection, tree }: ModelDraft, aliases: readonly string[], tags: readonly string[]): number {
    const sequence = this.sequences.get(collection)!
    const same = sequence.members.findLast(({ version }) => isSame(version.tree, tree))?.version
    const version = same ?? { tree: new Map(tree), tags: new Set(), users: new Set() }
    for (const tag of tags) version.tags.add(tag)
    return sequence.put(version, aliases)
  }

  /** Whether it may go: not while it has a nickname anywhere, unless those are given up. */
  delete(sequence: ModelCollection, version: ModelVersion, deleteAliases: boolean): boolean {
    const places = [sequence, this.shelf]
    const aliases = places.flatMap((place) => {
      const member = place.memberOf(version)
      return member === undefined ? [] : place.aliasesOf(member.index)
    })
    if (aliases.length > 0 && !deleteAliases) return false
    for (const place of places) place.drop(version)
    return true
  }
}

const isSame = (a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>) =>
  a.size === b.size && [...a].every(([path, text]) => b.get(path) === text)
