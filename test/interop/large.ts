/** A real file over 2 GiB both ways between Python and isofact, so that uploads go in parts: `--only large`, `--only large-direct`; needs about 20 GB. */

import { randomFillSync } from "node:crypto"
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from "node:fs"
import { join } from "node:path"
import { Api, Artifact, init } from "isofact"
import { wandb } from "isofact/wandb"
import { createNodeHasher } from "../../src/digest/node-crypto.ts"
import { createEmbeddedRegistry } from "../../src/registry/embedded.ts"
import { createS3BlobStore, createS3RecordStore } from "../../src/storage/s3.ts"
import { startS3 } from "../storage/s3-server.ts"
import type { Group, Peer } from "./group.ts"
import { checkSeen } from "./server.ts"
import { ENTITY, type Host, startHost } from "./wire-host.ts"
import { runPeer } from "./wire-python.ts"

type Facts = { readonly version: readonly [version: string, digest: string, size: number] }

const MIB = 1024 * 1024
const SIZE = 2_100 * MIB + 12_345
/** W&B's, for files of this size. */
const PART_BYTES = 100 * MIB
const PARTS = Math.ceil(SIZE / PART_BYTES)

export async function checkLarge(peer: Peer, group: Group): Promise<void> {
  await using host = await startHost(peer.dir)
  await checkBothWays(peer, group, host, PARTS)
}

/** The same with a bucket that the parts go straight to. */
export async function checkLargeDirect(peer: Peer, group: Group): Promise<void> {
  const bucket = await startS3()
  try {
    const [place, hasher] = [bucket.newPlace(), createNodeHasher()]
    const stores = { records: createS3RecordStore(place), blobs: createS3BlobStore({ ...place, hasher }) }
    const registry = createEmbeddedRegistry({ ...stores, hasher, entity: ENTITY, project: "garden" })
    await using host = await startHost(peer.dir, { registry, direct: true })
    await checkBothWays(peer, group, host, 0)
  } finally {
    await bucket.stop()
  }
}

/** @param parts that the server is sent of each file */
async function checkBothWays({ python, dir }: Peer, group: Group, host: Host, parts: number): Promise<void> {
  const file = makeFile(join(dir, "files"))
  const options = (name: string) => ({ python, to: host, dir: join(dir, name), env: { INTEROP_FILES: join(dir, "files") } })
  const registry = wandb({ apiKey: host.key, baseUrl: host.url, entity: "birds", project: "garden" })

  const { version } = await timed(group, "logged by Python", () => runPeer<Facts>(group, "large-log", options("log")))
  group.same(partsSent(host, 0), parts, "parts that Python sent to the server")
  const theirs = await new Api({ registry }).artifact("large-python:v0")
  group.same(["v0", theirs.digest, theirs.size], version, "what Python logged")
  const got = await timed(group, "downloaded by isofact", () => theirs.download(join(dir, "got")))
  group.same((await theirs.verify(got)).verified, 1, "verified by isofact")
  rmSync(got, { recursive: true })

  changeEveryPart(file)
  const before = host.seen.length
  const run = await init({ registry, id: "large-isofact" })
  const ours = new Artifact("large-isofact", "dataset")
  await ours.addFile(file, { policy: "immutable" })
  await timed(group, "logged by isofact", async () => {
    await run.logArtifact(ours)
    await ours.wait()
  })
  await run.finish()
  group.same(partsSent(host, before), parts, "parts that isofact sent to the server")
  const again = options("read")
  const read = await timed(group, "read and logged again by Python", () =>
    runPeer<Facts>(group, "large-read", {
      ...again,
      expect: [/already exists with the same content/, /Downloading large artifact/],
    }),
  )
  group.same(["v0", ours.digest, ours.size], read.version, "what isofact logged")
  checkSeen(group, host)
}

const partsSent = ({ seen }: Host, from: number) =>
  seen.slice(from).filter(({ method, path }) => method === "PUT" && /^\/storage\/(part|upload)$/.test(path)).length

async function timed<T>(group: Group, what: string, work: () => Promise<T>): Promise<T> {
  const start = performance.now()
  const value = await work()
  group.note(`${what} in ${((performance.now() - start) / 1000).toFixed(1)} s`)
  return value
}

function makeFile(dir: string): string {
  mkdirSync(dir)
  const file = join(dir, "large.bin")
  const handle = openSync(file, "w")
  const block = Buffer.alloc(8 * MIB)
  for (let at = 0; at < SIZE; at += block.length) writeSync(handle, randomFillSync(block), 0, Math.min(block.length, SIZE - at))
  closeSync(handle)
  return file
}

/** So that none of its parts is there already. */
function changeEveryPart(file: string): void {
  const handle = openSync(file, "r+")
  for (let part = 0; part < PARTS; part++) writeSync(handle, "other bytes", part * PART_BYTES)
  closeSync(handle)
}
