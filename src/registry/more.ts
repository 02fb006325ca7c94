/**
 * Everything but logging and downloading, as one module that is loaded by the first call that needs any of it: one, because every
 * further one would make bundlers cut what they share into smaller and smaller files.
 *
 * @module
 */

export { settleRename, updateCollection } from "./collection-edits.ts"
export { fileUrl } from "./file-url.ts"
export { fsck } from "./fsck.ts"
export { collectGarbage } from "./gc.ts"
export { waitForSweep } from "./gc-lock.ts"
export { listRuns, loggedBy, runVersions, usedBy } from "./lineage.ts"
export { addAliases, link, removeAliases, unlink } from "./links.ts"
export { announcePart, mergeParts, restoreManifest } from "./parts.ts"
export { deleteProject, getProject, listProjects, upsertProject } from "./projects.ts"
export {
  getCollection,
  getVersion,
  listAliases,
  listCollections,
  listTypes,
  listVersions,
  resolveClientId,
} from "./queries.ts"
export { deleteCollection, deleteVersion } from "./removal.ts"
export { clearDamage, isWholeDespite, noteIfNeeded, noteMissing, reportCorrupt } from "./repair.ts"
export { checkSummary, heartbeat, updateRun } from "./run-changes.ts"
export { deleteRun } from "./run-removal.ts"
export { claimShared, hasPart, joinShared } from "./shared.ts"
export { updateVersion } from "./update-version.ts"
