/** References to S3, Cloud Storage and Azure in every runtime without a page around it: the same entries, bytes and errors. */
import { afterAll, beforeAll, expect, test } from "vitest"
import { type S3Server, startS3 } from "../storage/s3-server.ts"
import { type Azurite, startAzurite } from "./azurite.ts"
import { type GcsServer, startGcsServer } from "./gcs-server.ts"
import { runIn } from "./in-runtimes.ts"
import { exercise, type World } from "./stores-program.ts"

const files = { "a.txt": "hello", "b c.txt": "0123456789" }
let s3: S3Server
let gcs: GcsServer
let azurite: Azurite
let world: World

beforeAll(async () => {
  ;[s3, gcs, azurite] = await Promise.all([startS3(), startGcsServer("birds"), startAzurite()])
  const { endpoint, region, credentials, bucket, prefix } = s3.newPlace()
  await azurite.createContainer("images")
  for (const [name, text] of Object.entries(files)) {
    await s3.putRaw(`${prefix}/data/${name}`, new TextEncoder().encode(text))
    gcs.put(`data/${name}`, text)
    await azurite.put(`images/data/${encodeURIComponent(name)}`, text)
  }
  const { account, accountKey } = azurite
  world = {
    s3: { endpoint: String(endpoint), region: region!, credentials: credentials as World["s3"]["credentials"] },
    gcs: { endpoint: gcs.endpoint, credentials: gcs.credentials },
    azure: { account, accountKey, endpoint: azurite.endpoint },
    folders: { s3: `s3://${bucket}/${prefix}/data`, gcs: "gs://birds/data", azure: `${azurite.endpoint}/images/data` },
  }
}, 60_000)

afterAll(async () => {
  await s3?.stop()
  gcs?.stop()
  azurite?.stop()
})

const outcomes = {
  "a folder": [
    ["a.txt", 5],
    ["b c.txt", 10],
  ],
  "one object": [["a.txt", 5]],
  nothing: "ENTRY_NOT_FOUND",
  "wrong keys": "STORAGE",
  whole: "0123456789",
  "a part": "234",
  changed: "DIGEST_MISMATCH",
  gone: "ENTRY_NOT_FOUND",
}
const expected = Object.fromEntries(
  ["s3", "gcs", "azure"].flatMap((store) => Object.entries(outcomes).map(([what, outcome]) => [`${store}: ${what}`, outcome])),
)

test.each(["node", "deno", "bun", "workerd"] as const)("%s", { timeout: 120_000 }, async (runtime) => {
  // Only the tokens it gives from now on.
  gcs.tokens = new Set()
  const found = await (runtime === "node" ? exercise(world) : runIn(runtime, "references/stores-program.ts", world))
  expect(found).toEqual(expected)
})
