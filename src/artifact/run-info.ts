import type { Json } from "../core/json.ts"
import type { CallOptions, RunRecord, RunRef } from "../ports.ts"
import type { Artifact } from "./artifact.ts"
import { checkCall, listed } from "./call.ts"
import type { Session } from "./session.ts"

/** A run as the registry knows it: who logged a version, who used it. The `Run` that `init` returns is one that can also log. */
export class RunInfo {
  /** Unique in its project: the last part of its path, and what `init({ id })` goes on with. */
  readonly id: string
  /** What people see; need not be unique. */
  readonly name: string
  readonly entity: string
  readonly project: string
  readonly jobType: string | null
  readonly group: string | null
  readonly notes: string | null
  readonly tags: readonly string[]
  readonly config: { readonly [key: string]: Json }
  /** ISO 8601, UTC. */
  readonly createdAt: string
  /** What registries know it by. */
  protected readonly ref: RunRef
  readonly #session: Session
  #state: RunRecord["state"]

  /** @internal */
  constructor(session: Session, record: RunRecord) {
    const { entity, project, run } = record
    this.#session = session
    this.id = run
    this.name = record.displayName
    this.entity = entity
    this.project = project
    this.jobType = record.jobType
    this.group = record.group
    this.notes = record.notes
    this.tags = record.tags
    this.config = record.config
    this.createdAt = record.createdAt
    this.ref = { entity, project, run }
    this.#state = record.state
  }

  get state(): RunRecord["state"] {
    return this.#state
  }

  protected end(exitCode: number): void {
    this.#state = exitCode === 0 ? "finished" : "failed"
  }

  /** `entity/project/id` */
  get path(): string {
    return `${this.entity}/${this.project}/${this.id}`
  }

  /** What it logged, in the order of logging. */
  loggedArtifacts(options: CallOptions = {}): AsyncGenerator<Artifact> {
    return this.#versions("logged", options)
  }

  /** What it used. */
  usedArtifacts(options: CallOptions = {}): AsyncGenerator<Artifact> {
    return this.#versions("used", options)
  }

  async *#versions(direction: "logged" | "used", options: CallOptions): AsyncGenerator<Artifact> {
    checkCall(options)
    const members = this.#session.registry.runVersions(this.ref, direction, options)
    for await (const member of listed(members, options.signal)) yield this.#session.openArtifact(member)
  }
}
