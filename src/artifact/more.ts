/**
 * Everything but building, logging and downloading, as one module that is loaded by the first call that needs any of it: one, because
 * every further one would make bundlers cut what they share into smaller and smaller files.
 *
 * @module
 */

export { artifactOf } from "./artifact-of.ts"
export { checkout } from "./checkout.ts"
export { saveCollection } from "./collection-save.ts"
export {
  checkLinkTarget,
  deleteVersion,
  linkedArtifacts,
  linkVersion,
  saveEdits,
  sourceArtifact,
  unlinkVersion,
} from "./edit.ts"
export { entryUrl, openStream, readWhole } from "./entry-read.ts"
export { logAlone } from "./log-alone.ts"
export { again, newDraft } from "./new-draft.ts"
export { newFile, writeFile } from "./new-file.ts"
export { addObject } from "./objects.ts"
export { matchesFile, selfProving } from "./other-digest.ts"
export { addEntryReference, addReference, openReference, resolveDraftReferences } from "./referencing.ts"
export { getObject } from "./stored-objects.ts"
export { verify } from "./verify.ts"
export { waitLogged } from "./wait.ts"
