import type { Artifact } from "../artifact/artifact.ts"
import { checkCall, listed } from "../artifact/call.ts"
import { ArtifactCollection } from "../artifact/collection.ts"
import { placeOf } from "../artifact/place.ts"
import { RunInfo } from "../artifact/run-info.ts"
import type { Session } from "../artifact/session.ts"
import { checkOptions, checkString, optional } from "../core/check.ts"
import { checkTags } from "../core/names.ts"
import { parseArtifactPath } from "../core/path-string.ts"
import { EntryNotFoundError, InvalidArgumentError } from "../errors.ts"
import type { ArtifactTypeRecord, CallOptions, CollectionRef, ProjectRef } from "../ports.ts"
import { findArtifact, findMember, type UseOptions, useChecks } from "./find.ts"
import { type RegistryOptions, registryChecks, sessionOf } from "./init.ts"

/**
 * Looks around in a registry without a run: what Python's `wandb.Api` is for artifacts. Lists are async iterables that reach the last
 * page; artifacts in them load their manifest when it is first needed.
 */
export class Api {
  readonly #session: Session
  readonly #options: RegistryOptions

  constructor(options: RegistryOptions = {}) {
    checkOptions("options", options, registryChecks)
    this.#session = sessionOf(options)
    this.#options = options
  }

  /** The version that `[entity/][project/]name[:alias]` means. @throws EntryNotFoundError */
  async artifact(name: string, options: UseOptions = {}): Promise<Artifact> {
    checkCall(options, useChecks)
    return findArtifact(this.#session, await this.#place(options), name, options)
  }

  /** Whether there is such a version, of this type if one is given. */
  async artifactExists(name: string, options: CallOptions & { readonly type?: string } = {}): Promise<boolean> {
    checkCall(options, { type: checkString })
    const member = await findMember(this.#session, await this.#place(options), name, options)
    return member !== undefined && (options.type === undefined || member.version.type === options.type)
  }

  /** The versions of a collection, newest first; with `tags`, those that have them all. @throws EntryNotFoundError */
  async *artifacts(
    type: string,
    name: string,
    options: CallOptions & { readonly tags?: readonly string[] } = {},
  ): AsyncGenerator<Artifact> {
    const { tags = [], signal } = checkCall(options, { tags: undefined })
    const wanted = checkTags(tags, "options.tags")
    const collection = await this.artifactCollection(type, name, { signal })
    for await (const artifact of collection.artifacts({ signal })) {
      if (wanted.every((tag) => artifact.tags.includes(tag))) yield artifact
    }
  }

  /** @throws EntryNotFoundError */
  async artifactType(name: string, options: CallOptions & { readonly project?: string } = {}): Promise<ArtifactTypeRecord> {
    checkCall(options, { project: undefined })
    checkString("name", name)
    for await (const type of this.artifactTypes(options)) if (type.name === name) return type
    throw new EntryNotFoundError(`No artifact type "${name}" in ${this.#session.registry.name}`)
  }

  /** The types of a project. */
  async *artifactTypes(options: CallOptions & { readonly project?: string } = {}): AsyncGenerator<ArtifactTypeRecord> {
    checkCall(options, { project: undefined })
    yield* listed(this.#session.registry.types(await this.#place(options), options), options.signal)
  }

  /** @throws EntryNotFoundError also when it has another type */
  async artifactCollection(type: string, name: string, options: CallOptions = {}): Promise<ArtifactCollection> {
    checkCall(options)
    checkString("type", type)
    const record = await this.#session.registry.getCollection(await this.#collectionRef(name, options), options)
    if (record !== undefined && record.type === type) return new ArtifactCollection(this.#session, record)
    throw new EntryNotFoundError(`No collection "${name}" of type "${type}" in ${this.#session.registry.name}`, { path: name })
  }

  /** The collections of a project, all or those of a type. */
  async *artifactCollections(
    type?: string,
    options: CallOptions & { readonly project?: string } = {},
  ): AsyncGenerator<ArtifactCollection> {
    checkCall(options, { project: undefined })
    optional(checkString, "type", type)
    const records = this.#session.registry.collections(await this.#place(options), type, options)
    for await (const record of listed(records, options.signal)) {
      yield new ArtifactCollection(this.#session, record)
    }
  }

  async artifactCollectionExists(name: string, type: string, options: CallOptions = {}): Promise<boolean> {
    checkCall(options)
    checkString("type", type)
    const record = await this.#session.registry.getCollection(await this.#collectionRef(name, options), options)
    return record?.type === type
  }

  /** A run by its path, `[[entity/]project/]run`. @throws EntryNotFoundError */
  async run(path: string, options: CallOptions = {}): Promise<RunInfo> {
    checkCall(options)
    const { collection: run, ...place } = await this.#collectionRef(path, options, "path")
    const record = await this.#session.registry.getRun({ ...place, run }, options)
    if (record !== undefined) return new RunInfo(this.#session, record)
    throw new EntryNotFoundError(`No run "${path}" in ${this.#session.registry.name}`, { path })
  }

  #place(options: CallOptions & { readonly project?: string }): Promise<ProjectRef> {
    const { registry, platform } = this.#session
    const { entity } = this.#options
    const { project = this.#options.project } = options
    return placeOf(registry, platform, { entity, project }, options)
  }

  async #collectionRef(name: string, options: CallOptions, argument = "name"): Promise<CollectionRef> {
    const place = await this.#place(options)
    const { entity = place.entity, project = place.project, collection, alias } = parseArtifactPath(name, argument)
    if (alias !== undefined) {
      throw new InvalidArgumentError(argument, `"${name}" names one version; leave ":${alias}" away`)
    }
    return { entity, project, collection }
  }
}
