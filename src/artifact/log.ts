import { untilAborted } from "../bytes/streams.ts"
import { checkString } from "../core/check.ts"
import { checkAliases, checkTags } from "../core/names.ts"
import type { CallOptions, Registry, RunRef } from "../ports.ts"
import { type ActiveRun, activeRun, checkRun } from "./active-run.ts"
import type { Artifact } from "./artifact.ts"
import { checkRegistry } from "./call.ts"
import { loadManifest } from "./load.ts"
import type { OnProgress } from "./progress.ts"
import { publish } from "./publish.ts"
import type { Session } from "./session.ts"
import { type ArtifactState, type Logged, more, stateOf } from "./state.ts"

export interface SaveOptions extends CallOptions {
  /** Project for the automatic run, when there is no active one. */
  readonly project?: string | undefined
  /** The run that logs it. Default: the active one. */
  readonly run?: ActiveRun | undefined
  /** Registry for the automatic run. Default: as in `init`. */
  readonly registry?: Registry | undefined
}

export const saveChecks = { project: checkString, run: checkRun, registry: (_: string, value: unknown) => checkRegistry(value) }

export interface LogOptions extends CallOptions {
  readonly aliases?: readonly string[] | undefined
  readonly tags?: readonly string[] | undefined
  readonly onProgress?: OnProgress | undefined
  readonly commit?: boolean | undefined
  readonly distributedId?: string | undefined
}

/** Logs a draft by the run given, by the active one, or by one made for it, as Python's `save` does. */
export async function ensureLogged(artifact: Artifact, options: SaveOptions): Promise<void> {
  const { signal } = options
  const run = options.run ?? (options.registry === undefined && options.project === undefined ? activeRun() : undefined)
  if (run !== undefined) {
    await run.logArtifact(artifact, { signal })
    return
  }
  const { logAlone } = await more()
  await logAlone(stateOf(artifact), options)
}

/**
 * Publishes a draft, or logs a version again (which adds aliases and tags to it, or copies it into another registry). A failure
 * rejects here and at `wait()`; the draft stays final and can be logged again.
 */
export async function logDraft(
  state: ArtifactState,
  session: Session,
  run: RunRef,
  options: LogOptions,
): Promise<Logged | undefined> {
  options.signal?.throwIfAborted()
  const aliases = ["latest", ...checkAliases(options.aliases ?? []).filter((alias) => alias !== "latest")]
  const tags = checkTags(options.tags ?? [])
  if (options.distributedId !== undefined) state.distributedId = options.distributedId
  const source = state.logged === undefined ? state : await (await more()).again(state, state.logged, options)
  const { entity, project } = run
  const work = inOrder(session.registry, `${entity}/${project}/${state.collection}`, options.signal, async () => {
    const member = await publish(source, session, { ...options, entity, project, run, aliases, tags })
    if (member === undefined) return undefined
    return { session, member, name: `${member.collection.collection}:v${member.index}`, deleted: false }
  })
  if (options.commit === false) return work
  const saving = work.then((logged) => settle(state, logged!, options))
  state.saving = saving
  // Whoever awaits logArtifact or wait() hears of a failure; the copy kept here must not count as unhandled.
  saving.catch(() => undefined)
  return saving
}

async function settle(state: ArtifactState, logged: Logged, { signal }: CallOptions): Promise<Logged> {
  // The version has more entries than this draft knew: those it builds on, or the shares of other writers.
  if (state.incremental || state.distributedId !== undefined) state.manifest = undefined
  state.becomeLogged(logged)
  const manifest = await loadManifest(state, { signal })
  manifest.freeze()
  state.files.clear()
  // It is logged, whatever becomes of its snapshots: they go with the process at the latest.
  await untilAborted(state.platform.stage().release(state), signal).catch(() => undefined)
  return logged
}

const queues = /* @__PURE__ */ new WeakMap<Registry, Map<string, Promise<unknown>>>()

/** Logs into one collection one after the other, in the order of the calls, so that version numbers follow it. */
function inOrder<T>(registry: Registry, collection: string, signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
  const queue = queues.get(registry) ?? new Map<string, Promise<unknown>>()
  queues.set(registry, queue)
  const previous = queue.get(collection) ?? Promise.resolve()
  const mine = untilAborted(previous, signal).then(work)
  // Who gives up waiting does not let those behind overtake the one in front.
  const tail = Promise.allSettled([previous, mine]).finally(() => queue.get(collection) === tail && queue.delete(collection))
  queue.set(collection, tail)
  return mine
}
