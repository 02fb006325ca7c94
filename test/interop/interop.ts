/**
 * Runs isofact and the real Python `wandb` side by side and compares what they make. Called by run.sh.
 *
 * usage: interop.ts PYTHON [--seed n] [--only trees|names|cache|documents|server|gateway|crosswise|tables|media|openwandb|references-http|references-s3|large|large-direct] [--show n]
 */

import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { parseArgs } from "node:util"
import { ArtifactError } from "isofact"
import { ArtifactError as SourceError } from "../../src/errors.ts"
import { lookAt, takeLeaks, watchErrors } from "../leaks.ts"
import { checkCache } from "./cache.ts"
import { checkCrosswise } from "./crosswise.ts"
import { checkDocuments } from "./documents.ts"
import { createGroup, createPeer, type Group, type Peer } from "./group.ts"
import { checkLarge, checkLargeDirect } from "./large.ts"
import { checkMedia } from "./media.ts"
import { checkNames } from "./names.ts"
import { checkOpenwandb } from "./openwandb.ts"
import { checkReferencesHttp } from "./references-http.ts"
import { checkReferencesS3 } from "./references-s3.ts"
import { checkGateway, checkServer } from "./server.ts"
import { checkTables } from "./tables.ts"
import { checkTrees } from "./trees.ts"

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seed: { type: "string", default: "1" }, only: { type: "string" }, show: { type: "string", default: "12" } },
})
const seed = Number(values.seed)
const shown = Number(values.show)
const checks: Record<string, (peer: Peer, group: Group) => void | Promise<void>> = {
  trees: (peer, group) => checkTrees(peer, group, { seed, count: 300 }),
  names: (peer, group) => checkNames(peer, group, { seed, count: 3000 }),
  cache: checkCache,
  documents: checkDocuments,
  server: checkServer,
  gateway: checkGateway,
  crosswise: checkCrosswise,
  tables: (peer, group) => checkTables(peer, group, seed),
  media: checkMedia,
  openwandb: checkOpenwandb,
  "references-http": checkReferencesHttp,
  "references-s3": checkReferencesS3,
  large: checkLarge,
  "large-direct": checkLargeDirect,
}

// The package's own and that of the sources, which some checks use.
for (const base of new Set([ArtifactError, SourceError])) watchErrors(base)

/** No line of all this, no program that it runs and no error in it tells a secret. */
function say(text: string): void {
  lookAt(text, "interop.ts")
  console.log(text)
}

async function runGroup(title: string): Promise<Group> {
  const group = createGroup(title)
  const dir = mkdtempSync(join(tmpdir(), "isofact-interop-"))
  try {
    await checks[title]!(createPeer(positionals[0] ?? "python3", dir), group)
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
  const leaks = takeLeaks()
  group.check(leaks.length === 0, () => leaks.join("; "))
  say(
    `${group.failures.length === 0 ? "ok  " : "FAIL"} ${title.padEnd(9)} ${group.passed} passed, ${group.failures.length} failed (${group.notes.join("; ")})`,
  )
  for (const failure of group.failures.slice(0, shown)) say(`     ${failure}`)
  if (group.failures.length > shown) say(`     … and ${group.failures.length - shown} more`)
  return group
}

let passed = 0
let failed = 0
/** Minutes and gigabytes: only when asked for. */
const slow = ["large", "large-direct"]
const usual = Object.keys(checks).filter((title) => !slow.includes(title))
for (const title of values.only === undefined ? usual : [values.only]) {
  const group = await runGroup(title)
  passed += group.passed
  failed += group.failures.length
}
say(`seed ${seed}: ${passed} passed, ${failed} failed`)
const leaks = takeLeaks()
for (const leak of leaks) console.log(leak)
process.exitCode = failed === 0 && leaks.length === 0 ? 0 : 1
