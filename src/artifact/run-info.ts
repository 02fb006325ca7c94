import type { Json } from "../core/json.ts"
import type { CallOptions, RunRecord } from "../ports.ts"
import type { Artifact } from "./artifact.ts"
import { checkCall, listed } from "./call.ts"
import type { Session } from "./session.ts"

/** A run as the registry knows it: who logged a version, who used it. The `Run` that `init` returns is one that can also log. */
export class RunInfo implements RunRecord {
  readonly id: string
  readonly entity: string
  readonly project: string
  /** The run's id in its project, the last part of its path. */
  readonly run: string
  readonly displayName: string
  readonly jobType: string | null
  readonly group: string | null
  readonly notes: string | null
  readonly tags: readonly string[]
  readonly config: { readonly [key: string]: Json }
  /** ISO 8601, UTC. */
  readonly createdAt: string
  readonly #session: Session
  #state: RunRecord["state"]

  /** @internal */
  constructor(session: Session, record: RunRecord) {
    this.#session = session
    this.id = record.id
    this.entity = record.entity
    this.project = record.project
    this.run = record.run
    this.displayName = record.displayName
    this.jobType = record.jobType
    this.group = record.group
    this.notes = record.notes
    this.tags = record.tags
    this.config = record.config
    this.#state = record.state
    this.createdAt = record.createdAt
  }

  get state(): RunRecord["state"] {
    return this.#state
  }

  protected end(exitCode: number): void {
    this.#state = exitCode === 0 ? "finished" : "failed"
  }

  /** `entity/project/run` */
  get path(): string {
    return `${this.entity}/${this.project}/${this.run}`
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
    const members = this.#session.registry.runVersions(this, direction, options)
    for await (const member of listed(members, options.signal)) yield this.#session.openArtifact(member)
  }
}
