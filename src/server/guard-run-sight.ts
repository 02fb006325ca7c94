import { membersOf, objectText } from "../core/json-members.ts"
import type { CallOptions, CollectionRef, Registry, RunInput, RunRecord, RunRef } from "../ports.ts"
import { Refusal } from "./failure.ts"
import { createPlaces } from "./guard-places.ts"
import { forRuns, may, type Principal } from "./principal.ts"

/** Where the config of a run says for which collection the key was that made it. */
const madeFor = "_isofact_collection"

/**
 * Which runs a principal may see and change: all of its projects, unless it is for one collection. Such a one has those that it made or
 * that logged or used something in that collection, and of others it sees the names.
 */
export interface RunSight {
  /** As far as can be told by the run alone. */
  isMade(run: RunRecord): boolean
  /** Whether what a run logs or uses at a place makes it the principal's. */
  isHere(place: CollectionRef): boolean
  isOwn(run: RunRecord, options?: CallOptions): Promise<boolean>
  /** The run as the registry names it; one that may not be changed is refused with 403. */
  demanded<T extends RunRef>(named: T, options?: CallOptions): Promise<T>
  /** The same for what is about to be written, which says from then on by whom it was made. */
  marked(input: RunInput, options?: CallOptions): Promise<RunInput>
  /** What the principal is told of a run. */
  tell(run: RunRecord, isOwn: boolean): RunRecord
}

/** `spend` is told how many versions of a run are looked at. */
export function createRunSight(registry: Registry, who: Principal, spend: (count: number) => void): RunSight {
  const { collection } = who
  const places = createPlaces(registry, forRuns(who))
  const isMade = ({ config }: RunRecord) => collection === undefined || config[madeFor] === collection
  const isHere = (place: CollectionRef) => collection === undefined || may({ ...who, actions: undefined }, "write", place)
  const isOwn = async (run: RunRecord, options?: CallOptions) => {
    if (isMade(run)) return true
    for (const direction of ["logged", "used"] as const) {
      for await (const member of registry.runVersions(run, direction, options)) {
        spend(1)
        if (isHere(member.collection)) return true
      }
    }
    return false
  }
  /** The run as it is, where only some are the principal's; undefined where there is none yet. */
  const requireOwn = async (ref: RunRef, options?: CallOptions): Promise<RunRecord | undefined> => {
    const run = collection === undefined ? undefined : await registry.getRun(ref, options)
    if (run === undefined || (await isOwn(run, options))) return run
    const message = `This key may not change the run ${ref.run}, which has nothing in ${collection}; start another one with it.`
    throw new Refusal(403, message, ref.run)
  }
  return {
    isMade,
    isHere,
    isOwn,
    async demanded(named, options) {
      const run = await places.demanded("write", named, options)
      await requireOwn(run, options)
      return run
    },
    async marked(named, options) {
      const input = await places.demanded("write", named, options)
      const before = await requireOwn(input, options)
      // A config that is given takes the place of the one before, what that said of its maker included.
      const isMarked = before === undefined || (isMade(before) && input.config !== undefined)
      if (collection === undefined || !isMarked) return input
      const text = typeof input.config === "string" ? input.config : JSON.stringify(input.config ?? {})
      return { ...input, config: objectText([...unmarked(text), [madeFor, JSON.stringify(collection)]]) }
    },
    tell(run, isOwn) {
      if (!isOwn || !may(forRuns(who), "read", run)) return onlyNamed(run)
      if (collection === undefined) return run
      const { [madeFor]: _, ...config } = run.config
      return { ...run, config, configText: run.configText && objectText(unmarked(run.configText)) }
    },
  }
}

const unmarked = (config: string) => membersOf(config, "config").filter(([key]) => key !== madeFor)

/** A run of which somebody may know that it is there. */
function onlyNamed({ entity, project, run, id, displayName, state, createdAt }: RunRecord): RunRecord {
  return { entity, project, run, id, displayName, state, createdAt, jobType: null, group: null, notes: null, tags: [], config: {} }
}
