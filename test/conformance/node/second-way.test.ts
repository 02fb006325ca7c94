/** A snapshot that is not taken, because a store has the bytes, must not depend on that store being right. */
import { chmod, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { expect, test } from "vitest"
import { place } from "./place.ts"

async function rotten() {
  const { at, draft, start, write, platform } = await place()
  await write({ "a.txt": "hello" })
  const first = draft("first")
  await first.addFile(at("a.txt"))
  await (await start()).logArtifact(first)
  const blob = fileURLToPath(await first.getEntry("a.txt").url())
  await chmod(blob, 0o644)
  await writeFile(blob, "hellO")
  const second = draft("second")
  await second.addFile(at("a.txt"))
  return { at, second, write, other: platform.registry({ dir: join(at(), "other") }), start }
}

test("a file whose stored twin rots is read from where it was added", async () => {
  const { second, start, other } = await rotten()
  await (await start({ registry: other })).logArtifact(second)
  expect(await second.getEntry("a.txt").text()).toBe("hello")
})

test("when the file has changed as well, the error names it", async () => {
  const { second, start, other, write } = await rotten()
  await write({ "a.txt": "other bytes" })
  const refused = (await start({ registry: other })).logArtifact(second)
  await expect(refused).rejects.toMatchObject({ code: "DIGEST_MISMATCH", details: { path: "a.txt" } })
})
