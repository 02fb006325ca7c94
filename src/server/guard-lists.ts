import type { Registry } from "../ports.ts"
import type { Places } from "./guard-places.ts"
import { toldCollection, toldProject } from "./guard-telling.ts"
import { may, type Place, type Principal } from "./principal.ts"

type Lists = Pick<
  Registry,
  | "projects"
  | "getProject"
  | "upsertProject"
  | "deleteProject"
  | "types"
  | "collections"
  | "getCollection"
  | "updateCollection"
  | "deleteCollection"
  | "collectionAliases"
  | "versions"
>

/** The part of `guardRegistry` that is about projects and collections. */
export function guardLists(registry: Registry, who: Principal, { allowed, demanded }: Places): Lists {
  const readable = (place: Place) => may(who, "read", place)
  return {
    async *projects(entity, options) {
      const entities = entity !== undefined ? [entity] : who.entities === "*" ? [undefined] : who.entities
      for (const name of entities) {
        if (name !== undefined && !readable({ entity: name })) continue
        for await (const project of registry.projects(name, options)) if (readable(project)) yield project
      }
    },
    async getProject(ref, options) {
      const project = await allowed("read", ref, options)
      return project && registry.getProject(project, options)
    },
    async upsertProject(ref, changes, options) {
      const project = await demanded("write", ref, options)
      if (changes.name !== undefined) await demanded("write", { ...project, project: changes.name }, options)
      return toldProject(who, await registry.upsertProject(project, changes, options))
    },
    async deleteProject(ref, options) {
      return registry.deleteProject(await demanded("delete", ref, options), options)
    },
    async *types(ref, options) {
      const project = await allowed("read", ref, options)
      if (project !== undefined) yield* registry.types(project, options)
    },
    async *collections(ref, type, options) {
      const project = await allowed("read", ref, options)
      if (project === undefined) return
      for await (const collection of registry.collections(project, type, options)) if (readable(collection)) yield collection
    },
    async getCollection(ref, options) {
      const collection = await allowed("read", ref, options)
      return collection && registry.getCollection(collection, options)
    },
    async updateCollection(ref, changes, options) {
      const collection = await demanded("write", ref, options)
      if (changes.name !== undefined) await demanded("write", { ...collection, collection: changes.name }, options)
      return toldCollection(who, await registry.updateCollection(collection, changes, options))
    },
    async deleteCollection(ref, options) {
      return registry.deleteCollection(await demanded("delete", ref, options), options)
    },
    async collectionAliases(ref, options) {
      return registry.collectionAliases(await demanded("read", ref, options), options)
    },
    async *versions(ref, options) {
      yield* registry.versions(await demanded("read", ref, options), options)
    },
  }
}
