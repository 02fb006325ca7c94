import { Api, type Artifact } from "isofact"

/** One artifact and what is stored of it, newest version first. */
export interface Shelf {
  readonly name: string
  readonly type: string
  readonly versions: readonly Artifact[]
}

const api = new Api()

/** Everything that is stored here; manifests are left where they are. */
export async function loadShelves(): Promise<Shelf[]> {
  const shelves: Shelf[] = []
  for await (const collection of api.artifactCollections()) {
    const versions: Artifact[] = []
    for await (const version of collection.artifacts()) versions.push(version)
    if (versions.length > 0) shelves.push({ name: collection.name, type: collection.type, versions })
  }
  return shelves.sort((a, b) => a.name.localeCompare(b.name))
}

/** A version with its list of files. */
export const openVersion = (name: string): Promise<Artifact> => api.artifact(name)

/** Entry paths in the order people expect: `2.jpg` before `10.jpg`. */
export function pathsOf({ manifest }: Artifact): string[] {
  return [...manifest.entries.keys()].sort(byName)
}

export const byName = new Intl.Collator("en", { numeric: true }).compare

/** `birds` of `birds:v3` */
export const collectionOf = (name: string): string => name.slice(0, name.lastIndexOf(":"))

/** `v3` of `birds:v3` */
export const versionOf = (name: string): string => name.slice(name.lastIndexOf(":") + 1)
