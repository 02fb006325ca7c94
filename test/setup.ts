import fc from "fast-check"
import { ArtifactError } from "../src/errors.ts"
import { watchErrors } from "./leaks.ts"

// The same cases each time, so that a red run is the change's doing; FC_SEED=… explores others.
const given = (globalThis as { process?: { env: Record<string, string | undefined> } }).process?.env.FC_SEED
fc.configureGlobal({ seed: given === undefined ? 1 : Number(given) })

watchErrors(ArtifactError)
