import { InvalidArgumentError } from "../errors.ts"
import type { MediaObject, MediaSource } from "../ports.ts"
import type { ArtifactState } from "./state.ts"

/** Where a typed object stands. */
export interface ObjectPlace {
  readonly state: ArtifactState
  readonly path: string
  /** The object's `revision` when it was put there or read. */
  readonly revision: number | undefined
}

const homes = /* @__PURE__ */ new WeakMap<MediaObject, ObjectPlace>()
const states = /* @__PURE__ */ new WeakMap<MediaSource, ArtifactState>()

/** Where an object was read from, else where it was added first: added to another artifact, it becomes a reference to that. */
export function homeOf(object: MediaObject): ObjectPlace | undefined {
  return homes.get(object)
}

export function setHome(object: MediaObject, place: ObjectPlace): void {
  homes.set(object, place)
}

/** The artifact behind what an object was read from. */
export function stateOfSource(source: MediaSource): ArtifactState {
  const state = states.get(source)
  if (state !== undefined) return state
  throw new InvalidArgumentError("obj", "obj holds files of an artifact that it was not read from by artifact.get")
}

export function bindSource(source: MediaSource, state: ArtifactState): MediaSource {
  states.set(source, state)
  return source
}
