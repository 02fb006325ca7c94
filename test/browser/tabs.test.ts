/** Tabs of one site that log into one collection at once. */
import { expect, test } from "vitest"
import { openSite } from "./site.ts"

declare const isofact: typeof import("./library.ts")

const TABS = 8
const ROUNDS = 5

test("eight tabs log into one collection at once: every version is there, whole, and numbered once", {
  timeout: 60_000,
}, async () => {
  await using site = await openSite()
  const pages = await Promise.all(Array.from({ length: TABS }, () => site.open()))
  const logs = pages.map((page, tab) =>
    page.evaluate(
      async ([tab, rounds]) => {
        const { Artifact, init, sample } = isofact
        const run = await init({ id: `tab-${tab}` })
        const versions: { version: string; key: string }[] = []
        for (let round = 0; round < rounds!; round++) {
          const key = `${tab}/${round}`
          const artifact = new Artifact("crowd", "dataset", { metadata: { key } })
          await artifact.addFile(new Blob([key]), { name: "own.txt" })
          await artifact.addFile(new Blob([sample(70_000, round)]), { name: "same/in/all.bin" })
          // Half of the moves come with the version, the other half after it.
          const aliases = [`tab-${tab}`, "shared"]
          await run.logArtifact(artifact, round % 2 === 0 ? { aliases } : {})
          if (round % 2 === 1) {
            artifact.aliases.push(...aliases)
            await artifact.save()
          }
          versions.push({ version: artifact.version, key })
        }
        await run.finish()
        return versions
      },
      [tab, ROUNDS],
    ),
  )
  const told = (await Promise.all(logs)).flat()

  const page = await site.open()
  const found = await page.evaluate(async () => {
    const whole = await isofact.verifyVersions("crowd")
    const api = new isofact.Api()
    const versions = await Promise.all(
      whole.map(async (row) => {
        const artifact = await api.artifact(`crowd:${row.version}`)
        const own = await artifact.getEntry("own.txt").stream()
        return { ...row, key: String(artifact.metadata.key), own: await new Response(own as ReadableStream).text() }
      }),
    )
    const { corrupt, damaged } = await isofact.platform.registry().fsck()
    return { versions, latest: (await api.artifact("crowd:latest")).version, corrupt, damaged }
  })

  const total = TABS * ROUNDS
  expect(found.versions.map(({ version }) => version)).toEqual(Array.from({ length: total }, (_, index) => `v${index}`))
  expect(found.latest).toBe(`v${total - 1}`)
  expect(new Map(found.versions.map(({ version, key }) => [version, key]))).toEqual(
    new Map(told.map(({ version, key }) => [version, key]).sort(([a], [b]) => Number(a!.slice(1)) - Number(b!.slice(1))) as never),
  )
  for (const { own, key, files } of found.versions) expect({ own, files }).toEqual({ own: key, files: 2 })
  const holders = (alias: string) => found.versions.filter(({ aliases }) => aliases.includes(alias)).map(({ key }) => key)
  for (let tab = 0; tab < TABS; tab++) expect(holders(`tab-${tab}`)).toEqual([`${tab}/${ROUNDS - 1}`])
  expect(holders("shared")).toHaveLength(1)
  expect({ corrupt: found.corrupt, damaged: found.damaged }).toEqual({ corrupt: [], damaged: [] })
})
