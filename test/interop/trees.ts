/** The same operations on the same files, by Python and by isofact: the same outcome, manifest, digest and size. */

import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { Artifact, isArtifactError, Manifest } from "isofact"
import type { Group, Peer } from "./group.ts"

interface Made {
  readonly digest: string
  readonly size: number
  readonly manifest: { readonly contents: { readonly [path: string]: unknown } }
}
interface Case extends Made {
  readonly ops: readonly Operation[]
  /** Local path → entry name. */
  readonly local: { readonly [path: string]: string }
}
interface Operation {
  readonly op: "addDir" | "addFile" | "newFile" | "addReference" | "remove"
  readonly outcome: "ok" | "refused"
  readonly path: string
  readonly uri: string
  readonly text: string
  readonly name: string
  readonly policy: "mutable" | "immutable"
  readonly merge: boolean
  readonly overwrite: boolean
  readonly isTmp: boolean
  readonly checksum: boolean
}

export async function checkTrees(peer: Peer, group: Group, options: { seed: number; count: number }): Promise<void> {
  const { cases, s3, wandb } = peer.run<{ cases: Case[]; s3: boolean; wandb: string }>("trees", "trees.json", options)
  const encoded: string[] = []
  for (const [at, expected] of cases.entries()) {
    const artifact = new Artifact("interop", "dataset")
    for (const op of expected.ops) group.same(await attempt(artifact, op), op.outcome, `case ${at}, ${JSON.stringify(op)}`)
    compare(group, `case ${at}`, artifact, expected)
    encoded.push(artifact.manifest.encode())
  }
  checkReading(peer, group, cases, encoded)
  const entries = cases.reduce((sum, { manifest }) => sum + Object.keys(manifest.contents).length, 0)
  group.note(`${cases.length} artifacts, ${entries} entries, wandb ${wandb}${s3 ? "" : ", s3: left out (boto3 is not installed)"}`)
}

async function attempt(artifact: Artifact, op: Operation): Promise<Operation["outcome"]> {
  try {
    await apply(artifact, op)
    return "ok"
  } catch (error) {
    if (!isArtifactError(error)) throw new Error(`${JSON.stringify(op)} threw something untyped`, { cause: error })
    return "refused"
  }
}

async function apply(artifact: Artifact, op: Operation): Promise<void> {
  const { path, uri, name, policy, merge, overwrite, isTmp, checksum } = op
  const named = name === undefined ? {} : { name }
  if (op.op === "addDir") await artifact.addDir(path, { ...named, policy, merge })
  else if (op.op === "addFile") await artifact.addFile(path, { ...named, policy, overwrite, isTmp })
  else if (op.op === "addReference") await artifact.addReference(uri, { ...named, checksum })
  else if (op.op === "remove") artifact.remove(path)
  else {
    const file = await artifact.newFile(name)
    await file.writeText(op.text)
    await file.close()
  }
}

function compare(group: Group, what: string, artifact: Artifact, expected: Case): void {
  const mine = artifact.manifest.toJSON() as unknown as Made["manifest"]
  const paths = new Set([...Object.keys(mine.contents), ...Object.keys(expected.manifest.contents)])
  for (const path of paths) group.same(mine.contents[path], expected.manifest.contents[path], `${what}, ${JSON.stringify(path)}`)
  group.same({ ...mine, contents: {} }, { ...expected.manifest, contents: {} }, `${what}, manifest without its entries`)
  group.same(artifact.digest, expected.digest, `${what}, digest`)
  group.same(artifact.size, expected.size, `${what}, size`)
  for (const [path, name] of Object.entries(expected.local)) {
    group.same(artifact.getAddedLocalPathName(path), name, `${what}, local path ${JSON.stringify(path)}`)
  }
}

/** What either writes, the other reads. */
function checkReading(peer: Peer, group: Group, cases: readonly Case[], encoded: readonly string[]): void {
  writeFileSync(join(peer.dir, "encoded.json"), JSON.stringify(encoded))
  const reread = peer.run<Made[]>("reread", "reread.json")
  for (const [at, { manifest, digest, size }] of cases.entries()) {
    group.same(reread[at], { manifest, digest, size }, `case ${at}, our manifest read by Python`)
    const decoded = Manifest.decode(JSON.stringify(manifest))
    group.same(
      { manifest: decoded.toJSON(), digest: decoded.digest(), size: decoded.size },
      reread[at],
      `case ${at}, Python's manifest read by us`,
    )
  }
}
