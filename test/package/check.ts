/**
 * What a stranger gets, run by `npm run check:package` after a build: the packed tarball is linted, installed into an empty folder without a
 * network, type-checked against, run in every runtime as it is and bundled, weighed, and rehearsed for JSR.
 */
import { mkdtempSync, realpathSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { processes } from "./homes.ts"
import { rehearseJsr } from "./jsr.ts"
import { runAnywhere, runChromium, runProcess, runWorkerd } from "./runtimes.ts"
import { type Stranger, step } from "./support.ts"
import { install, lint, look, pack } from "./tarball.ts"
import { checkTypes } from "./types.ts"
import { weigh } from "./weights.ts"

const folder = realpathSync(mkdtempSync(join(tmpdir(), "isofact-package-")))
try {
  const tarball = await step("tarball", () => pack(folder))
  const stranger: Stranger = await step("install", () => install(tarball, folder))
  await step("graph", () => look(stranger))
  await step("size", () => weigh(stranger))
  await step("lint", () => lint(tarball))
  await step("JSR", () => rehearseJsr(folder))
  for (const runtime of processes) await step(runtime, () => runProcess(stranger, runtime))
  await step("no condition", () => runAnywhere(stranger))
  await step("workerd, wrangler", () => runWorkerd(stranger))
  await runChromium(stranger)
  await step("types", () => checkTypes(stranger))
} finally {
  rmSync(folder, { recursive: true, force: true })
}
