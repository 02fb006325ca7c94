import { checkArtifactType, checkCollectionName, checkTags } from "../core/names.ts"
import { InvalidArgumentError } from "../errors.ts"
import type { CallOptions, CollectionRecord } from "../ports.ts"
import type { Artifact } from "./artifact.ts"
import { checkDescription } from "./attributes.ts"
import { checkCall, listed } from "./call.ts"
import type { Session } from "./session.ts"
import { more } from "./state.ts"

/**
 * An ordered group of versions under one name: a sequence, where versions are logged, or a portfolio, where they are linked.
 *
 * Assign `name`, `description` or `tags`, then `save()`.
 */
export class ArtifactCollection {
  readonly #session: Session
  #record: CollectionRecord
  #name: string
  #type: string
  #description: string | null
  #tags: string[]

  /** @internal */
  constructor(session: Session, record: CollectionRecord) {
    this.#session = session
    this.#record = record
    this.#name = record.collection
    this.#type = record.type
    this.#description = record.description
    this.#tags = [...record.tags]
  }

  get id(): string {
    return this.#record.id
  }
  get entity(): string {
    return this.#record.entity
  }
  get project(): string {
    return this.#record.project
  }
  /** ISO 8601, UTC. */
  get createdAt(): string {
    return this.#record.createdAt
  }

  get name(): string {
    return this.#name
  }
  set name(name: string) {
    this.#name = checkCollectionName(name)
  }

  get type(): string {
    return this.#type
  }

  /** Free text, shown as Markdown. */
  get description(): string | null {
    return this.#description
  }
  set description(description: string | null) {
    this.#description = checkDescription(description)
  }

  /** Change the array or assign a new one, then `save()`. */
  get tags(): string[] {
    return this.#tags
  }
  set tags(tags: readonly string[]) {
    this.#tags = checkTags(tags)
  }

  /** Whether versions are logged here, as opposed to linked. */
  isSequence(): boolean {
    return this.#record.kind === "sequence"
  }

  /** Every alias in use, without `vN`. */
  async aliases(options: CallOptions = {}): Promise<string[]> {
    checkCall(options)
    return this.#session.registry.collectionAliases(this.#record, options)
  }

  /** Its versions, newest first. */
  async *artifacts(options: CallOptions = {}): AsyncGenerator<Artifact> {
    checkCall(options)
    const members = this.#session.registry.versions(this.#record, options)
    for await (const member of listed(members, options.signal)) yield this.#session.openArtifact(member)
  }

  /** Gives the whole sequence another type; persisted by `save()`. @throws InvalidArgumentError on a portfolio or a reserved type */
  changeType(type: string): void {
    if (!this.isSequence()) {
      throw new InvalidArgumentError("type", `"${this.#record.collection}" is a portfolio; only the type of a sequence can change`)
    }
    this.#type = checkArtifactType(type, this.#name)
  }

  /** Persists name, type, description and tags. */
  async save(options: CallOptions = {}): Promise<void> {
    const { saveCollection } = await more()
    this.#record = await saveCollection(this.#session, this.#record, this, options)
  }

  /** A sequence goes with all its versions, a portfolio with its links only. */
  async delete(options: CallOptions = {}): Promise<void> {
    checkCall(options)
    await this.#session.registry.deleteCollection(this.#record, options)
  }

  toJSON(): CollectionRecord {
    return { ...this.#record, description: this.#description, tags: this.#tags }
  }
}
