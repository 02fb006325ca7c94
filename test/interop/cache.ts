/** One cache directory for both: what Python wrote is a hit here, and what isofact wrote is a hit there. */

import { createHash, randomBytes } from "node:crypto"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import type { Digest } from "../../src/core/digest-text.ts"
import { toContent } from "../../src/digest/content.ts"
import { createNodeHasher } from "../../src/digest/node-crypto.ts"
import { createNodeCache, type NodeCache } from "../../src/storage/node-cache.ts"
import { createNodeTransfer } from "../../src/storage/node-fs-transfer.ts"
import type { Group, Peer } from "./group.ts"

interface Blob {
  readonly digest: Digest
  readonly size: number
}

export async function checkCache(peer: Peer, group: Group): Promise<void> {
  const theirs = peer.run<Blob[]>("cache-write", "cache.json")
  const cache = createNodeCache({
    directory: join(peer.dir, "cache"),
    transfer: createNodeTransfer({ hasher: createNodeHasher() }),
  })
  for (const blob of theirs) await checkHit(cache, group, blob)
  const written = theirs.reduce((sum, { size }) => sum + size, 0)
  group.same(await cache.size(), written, "the size of Python's cache")

  const ours = await Promise.all(theirs.map(({ size }) => putRandom(cache, size + 7)))
  const absent = { digest: digestOf(randomBytes(16)), size: 16 }
  writeFileSync(join(peer.dir, "ours.json"), JSON.stringify([...ours, ...theirs, absent]))
  const hits = peer.run<unknown[]>("cache-read", "hits.json")
  const expected = [...ours, ...theirs].map(({ digest }) => ({ digest, hit: true, found: digest }))
  for (const [at, answer] of [...expected, { digest: absent.digest, hit: false, found: null }].entries()) {
    group.same(hits[at], answer, `blob ${at} in Python`)
  }
  group.note(`${theirs.length} blobs of theirs, ${ours.length} of ours`)
}

async function checkHit(cache: NodeCache, group: Group, { digest, size }: Blob): Promise<void> {
  group.same((await cache.stat(digest))?.size, size, `stat of Python's ${size} bytes`)
  const content = await cache.get(digest)
  const found = content && digestOf(new Uint8Array(await new Response(content.stream()).arrayBuffer()))
  group.same(found, digest, `Python's ${size} bytes`)
  // Zeros would be refused if they were read.
  const again = await cache.put(digest, toContent(new Uint8Array(size)))
  group.same(again, "present", `storing Python's ${size} bytes again`)
}

async function putRandom(cache: NodeCache, size: number): Promise<Blob> {
  const bytes = randomBytes(size)
  const digest = digestOf(bytes)
  await cache.put(digest, toContent(bytes))
  return { digest, size }
}

function digestOf(bytes: Uint8Array): Digest {
  return createHash("md5").update(bytes).digest("base64") as Digest
}
