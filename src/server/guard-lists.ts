import type { Registry } from "../ports.ts"
import { demand, may, type Place, type Principal } from "./principal.ts"

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
export function guardLists(registry: Registry, who: Principal): Lists {
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
      return readable(ref) ? registry.getProject(ref, options) : undefined
    },
    async upsertProject(ref, changes, options) {
      demand(who, "write", ref)
      if (changes.name !== undefined) demand(who, "write", { ...ref, project: changes.name })
      return registry.upsertProject(ref, changes, options)
    },
    async deleteProject(ref, options) {
      demand(who, "delete", ref)
      return registry.deleteProject(ref, options)
    },
    async *types(project, options) {
      if (readable(project)) yield* registry.types(project, options)
    },
    async *collections(project, type, options) {
      if (!readable(project)) return
      for await (const collection of registry.collections(project, type, options)) if (readable(collection)) yield collection
    },
    async getCollection(ref, options) {
      return readable(ref) ? registry.getCollection(ref, options) : undefined
    },
    async updateCollection(ref, changes, options) {
      demand(who, "write", ref)
      if (changes.name !== undefined) demand(who, "write", { ...ref, collection: changes.name })
      return registry.updateCollection(ref, changes, options)
    },
    async deleteCollection(ref, options) {
      demand(who, "delete", ref)
      return registry.deleteCollection(ref, options)
    },
    async collectionAliases(ref, options) {
      demand(who, "read", ref)
      return registry.collectionAliases(ref, options)
    },
    async *versions(ref, options) {
      demand(who, "read", ref)
      yield* registry.versions(ref, options)
    },
  }
}
