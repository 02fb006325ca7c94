/**
 * Runs isofact and the real Python `wandb` side by side and compares what they make. Called by run.sh.
 *
 * usage: interop.ts PYTHON [--seed n] [--only trees|names|cache]
 */

import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { parseArgs } from "node:util"
import { checkCache } from "./cache.ts"
import { createGroup, createPeer, type Group, type Peer } from "./group.ts"
import { checkNames } from "./names.ts"
import { checkTrees } from "./trees.ts"

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seed: { type: "string", default: "1" }, only: { type: "string" } },
})
const seed = Number(values.seed)
const checks: Record<string, (peer: Peer, group: Group) => void | Promise<void>> = {
  trees: (peer, group) => checkTrees(peer, group, { seed, count: 150 }),
  names: (peer, group) => checkNames(peer, group, { seed, count: 3000 }),
  cache: checkCache,
}
const SHOWN = 12

async function runGroup(title: string): Promise<Group> {
  const group = createGroup(title)
  const dir = mkdtempSync(join(tmpdir(), "isofact-interop-"))
  try {
    await checks[title]!(createPeer(positionals[0] ?? "python3", dir), group)
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
  console.log(`${group.failures.length === 0 ? "ok  " : "FAIL"} ${title.padEnd(6)} ${group.passed} passed, ${group.failures.length} failed (${group.notes.join("; ")})`)
  for (const failure of group.failures.slice(0, SHOWN)) console.log(`     ${failure}`)
  if (group.failures.length > SHOWN) console.log(`     … and ${group.failures.length - SHOWN} more`)
  return group
}

let passed = 0
let failed = 0
for (const title of values.only === undefined ? Object.keys(checks) : [values.only]) {
  const group = await runGroup(title)
  passed += group.passed
  failed += group.failures.length
}
console.log(`seed ${seed}: ${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1
