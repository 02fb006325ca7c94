import { type ActiveRun, enterRun, leaveRun } from "../artifact/active-run.ts"
import { Artifact } from "../artifact/artifact.ts"
import { checkCall } from "../artifact/call.ts"
import { logDraft } from "../artifact/log.ts"
import type { OnProgress } from "../artifact/progress.ts"
import { RunInfo } from "../artifact/run-info.ts"
import type { Session } from "../artifact/session.ts"
import { more, stateOf } from "../artifact/state.ts"
import { checkFunction, checkString, refuse } from "../core/check.ts"
import { checkAliases, checkTags } from "../core/names.ts"
import { ConflictError, InvalidArgumentError } from "../errors.ts"
import type { CallOptions, RunRecord } from "../ports.ts"
import { findArtifact, type UseOptions, useChecks } from "./find.ts"

export interface LogArtifactOptions extends CallOptions {
  /** When a path is logged: the artifact's name. Default `run-<id>-<base name>`. */
  readonly name?: string | undefined
  /** When a path is logged: the artifact's type. Default `"unspecified"`. */
  readonly type?: string | undefined
  /** Nicknames besides `latest`, which always moves. */
  readonly aliases?: readonly string[] | undefined
  readonly tags?: readonly string[] | undefined
  readonly onProgress?: OnProgress | undefined
}

export interface UpsertOptions extends LogArtifactOptions {
  /** What the writers of one version have in common. Default: the run's group. */
  readonly distributedId?: string | undefined
}

const logChecks = {
  name: checkString,
  type: checkString,
  aliases: (argument: string, aliases: unknown) => checkAliases(aliases, argument),
  tags: (argument: string, tags: unknown) => checkTags(tags, argument),
  onProgress: checkFunction,
}

/**
 * A piece of work that logs and uses artifacts. Get one from `init`; end it with `finish`, or `await using run = await init()`.
 */
export class Run extends RunInfo implements ActiveRun {
  readonly #session: Session
  #finished = false

  /** @internal */
  constructor(session: Session, record: RunRecord) {
    super(session, record)
    this.#session = session
    enterRun(this)
  }

  /**
   * Logs a draft as the next version of its collection and resolves when it is committed. Content that is the collection's already is
   * no new version; its aliases and tags are added. A version of elsewhere is copied here.
   *
   * @param artifact an artifact, or the path of a file or directory to make one of, or a URI to reference
   * @throws what made it fail, here and at `artifact.wait()`; logging again sends only what is missing
   */
  async logArtifact(artifact: Artifact | string | URL, options: LogArtifactOptions = {}): Promise<Artifact> {
    checkCall(options, logChecks)
    this.#requireActive("logArtifact")
    if (artifact instanceof Artifact && (options.name ?? options.type) !== undefined) {
      throw new InvalidArgumentError("options.name", "name and type are for logging a path; an Artifact has its own")
    }
    const draft =
      artifact instanceof Artifact ? artifact : await (await more()).artifactOf(this.#session.platform, this.id, artifact, options)
    await logDraft(stateOf(draft), this.#session, this.ref, options)
    return draft
  }

  /**
   * Gets a version and records that this run used it. A draft is logged first.
   *
   * @param artifact `"name:alias"`, `"project/name:alias"`, `"entity/project/name:v3"`, or an artifact
   * @throws EntryNotFoundError
   */
  async useArtifact(artifact: Artifact | string, options: UseOptions = {}): Promise<Artifact> {
    checkCall(options, useChecks)
    this.#requireActive("useArtifact")
    const used = typeof artifact === "string" ? await findArtifact(this.#session, this, artifact, options, "artifact") : artifact
    const state = stateOf(used)
    if (used.isDraft()) await logDraft(state, this.#session, this.ref, { signal: options.signal })
    const { member } = state.requireLogged("useArtifact")
    const { entity, project, collection } = member.collection
    await this.#session.registry.useVersion(
      { entity, project, collection, index: member.index, id: member.version.id },
      this.ref,
      options,
    )
    return used
  }

  /** Links a version into a collection; a draft is logged first. See `Artifact.link`. */
  async linkArtifact(
    artifact: Artifact,
    targetPath: string,
    options: CallOptions & { readonly aliases?: readonly string[] } = {},
  ): Promise<Artifact> {
    checkCall(options, { aliases: logChecks.aliases })
    this.#requireActive("linkArtifact")
    const { checkLinkTarget } = await more()
    checkLinkTarget(targetPath)
    if (stateOf(artifact).logged === undefined) await this.logArtifact(artifact, { signal: options.signal })
    return artifact.link(targetPath, options)
  }

  /**
   * Stores this writer's share of a version that several processes build together; it becomes visible when one of them calls
   * `finishArtifact` with the same `distributedId`.
   */
  async upsertArtifact(artifact: Artifact, options: UpsertOptions = {}): Promise<Artifact> {
    await this.#logShare(artifact, options, false)
    return artifact
  }

  /** Commits a version that writers have built with `upsertArtifact`, with this artifact's files added. */
  async finishArtifact(artifact: Artifact, options: UpsertOptions = {}): Promise<Artifact> {
    await this.#logShare(artifact, options, true)
    return artifact
  }

  /** Ends the run. Again is a no-op. */
  async finish(options: { readonly exitCode?: number | undefined } & CallOptions = {}): Promise<void> {
    const { exitCode = 0 } = checkCall(options, { exitCode: checkExitCode })
    if (this.#finished) return
    await this.#session.registry.finishRun(this.ref, exitCode, options)
    this.#finished = true
    this.end(exitCode)
    leaveRun(this)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.finish()
  }

  async #logShare(artifact: Artifact, options: UpsertOptions, commit: boolean): Promise<void> {
    checkCall(options, { ...logChecks, distributedId: checkString })
    this.#requireActive(commit ? "finishArtifact" : "upsertArtifact")
    const distributedId = options.distributedId ?? this.group
    if (!distributedId) {
      throw new InvalidArgumentError(
        "options.distributedId",
        "Pass distributedId, or start the run with a group: writers of one version find each other by it",
      )
    }
    await logDraft(stateOf(artifact), this.#session, this.ref, {
      ...options,
      distributedId,
      commit,
    })
  }

  #requireActive(member: string): void {
    if (this.#finished)
      throw new ConflictError(`${member} needs an active run, and ${this.path} is finished: start one with init()`, {
        operation: member,
      })
  }
}

function checkExitCode(argument: string, value: unknown): number {
  return Number.isInteger(value) ? (value as number) : refuse(argument, "a whole number; 0 means success", value)
}
