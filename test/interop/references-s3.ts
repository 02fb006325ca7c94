/** The same s3:// addresses, recorded and read by the real Python `wandb[aws]` and by isofact, on one server. */
import { execFileSync } from "node:child_process"
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { isDeepStrictEqual } from "node:util"
import { readAll } from "../../src/bytes/hash-stream.ts"
import type { Entry } from "../../src/core/entry.ts"
import { isArtifactError } from "../../src/errors.ts"
import type { ReferenceEntry } from "../../src/ports.ts"
import { s3References } from "../../src/references/s3.ts"
import { parseReferenceUri } from "../../src/references/uri.ts"
import type { Group, Peer } from "./group.ts"
import { startMoto } from "./moto.ts"

const root = fileURLToPath(new URL("../..", import.meta.url))
const moto = process.env.ISOFACT_MOTO ?? join(root, "node_modules/.cache/isofact-interop/moto/bin/python")

const TEXT = "text/plain"
const FOLDER = "application/x-directory; charset=UTF-8"
type Stored = readonly [key: string, text: string, contentType: string]

const objects: readonly Stored[] = [
  ["one.txt", "0123456789", TEXT],
  ["one.txt", "a newer one", TEXT],
  ["empty.txt", "", TEXT],
  ["data/a.csv", "a,b", TEXT],
  ["data/deep/b.csv", "c,d", TEXT],
  ["data/zero.bin", "", TEXT],
  ["data2/sibling.csv", "e", TEXT],
  ["marked/", "", FOLDER],
  ["marked/a.txt", "in a marked folder", TEXT],
  ["odd/ü né 日本 😀.txt", "unicode", TEXT],
  ["odd/a b+c&d=e%20f'(g)!*~.txt", "signs", TEXT],
  ['odd/<x> "y".xml', "xml", TEXT],
  ["hash/a#b?c.txt", "not to be named, only to be listed", TEXT],
  ["slashes/a//b.txt", "doubled", TEXT],
  ["plain", "no dot", TEXT],
  ["packed.gz", "what HTTP would unpack", TEXT],
]
const buckets = {
  "versions-kept": [true, objects],
  "versions-not-kept": [false, objects],
  "no.folders": [
    false,
    [
      ["a.txt", "a", TEXT],
      ["b.txt", "b", TEXT],
    ],
  ],
}

interface Call {
  readonly uri: string
  readonly options?: { readonly name?: string; readonly checksum?: boolean; readonly max_objects?: number }
  /** Asks for the first version of this object. */
  readonly version?: string
}

const inBoth: Readonly<Record<string, (bucket: string) => Call>> = {
  object: (bucket) => ({ uri: `s3://${bucket}/one.txt` }),
  "object, named": (bucket) => ({ uri: `s3://${bucket}/one.txt`, options: { name: "x/y.txt" } }),
  "object in a folder": (bucket) => ({ uri: `s3://${bucket}/data/deep/b.csv` }),
  "object without checksum": (bucket) => ({ uri: `s3://${bucket}/data/a.csv`, options: { checksum: false } }),
  "object without checksum, named": (bucket) => ({ uri: `s3://${bucket}/data/a.csv`, options: { checksum: false, name: "n" } }),
  "bucket without checksum": (bucket) => ({ uri: `s3://${bucket}`, options: { checksum: false } }),
  "object with a Content-Encoding": (bucket) => ({ uri: `s3://${bucket}/packed.gz` }),
  "zero bytes": (bucket) => ({ uri: `s3://${bucket}/empty.txt` }),
  folder: (bucket) => ({ uri: `s3://${bucket}/odd` }),
  "folder with a slash": (bucket) => ({ uri: `s3://${bucket}/odd/` }),
  "folder, named": (bucket) => ({ uri: `s3://${bucket}/odd`, options: { name: "there" } }),
  "folder with a mark": (bucket) => ({ uri: `s3://${bucket}/marked/` }),
  "folder with zero bytes": (bucket) => ({ uri: `s3://${bucket}/data/` }),
  "folder beside another that begins like it": (bucket) => ({ uri: `s3://${bucket}/data`, options: { name: "d" } }),
  "folder of more than max_objects": (bucket) => ({ uri: `s3://${bucket}/odd`, options: { max_objects: 2 } }),
  "unicode key": (bucket) => ({ uri: `s3://${bucket}/odd/ü né 日本 😀.txt` }),
  "key of signs": (bucket) => ({ uri: `s3://${bucket}/odd/a b+c&d=e%20f'(g)!*~.txt` }),
  "key like XML": (bucket) => ({ uri: `s3://${bucket}/odd/<x> "y".xml` }),
  "keys with # and ?, listed": (bucket) => ({ uri: `s3://${bucket}/hash` }),
  "keys with doubled slashes, listed": (bucket) => ({ uri: `s3://${bucket}/slashes` }),
  "key with #, named": (bucket) => ({ uri: `s3://${bucket}/plain#x` }),
  "nothing there": (bucket) => ({ uri: `s3://${bucket}/nothing` }),
  "whole bucket": (bucket) => ({ uri: `s3://${bucket}` }),
}

const calls: Readonly<Record<string, Call>> = {
  ...Object.fromEntries(
    ["versions-kept", "versions-not-kept"].flatMap((bucket) =>
      Object.entries(inBoth).map(([title, call]) => [`${title}, ${bucket}`, call(bucket)]),
    ),
  ),
  "older version": { uri: "s3://versions-kept/one.txt", version: "versions-kept/one.txt" },
  "bucket of files": { uri: "s3://no.folders" },
  "bucket of files, named": { uri: "s3://no.folders", options: { name: "all" } },
  "no such bucket": { uri: "s3://no-such-bucket/x" },
}

/** Every call whose answers differ, and why; each must be seen to differ. The rest must be the same. */
export const differences: Readonly<Record<string, string>> = {
  "zero bytes": "Python records nothing and says nothing; isofact records the object",
  "folder with zero bytes":
    "Python leaves out what has zero bytes; isofact leaves out marks of folders only. Python takes data2/ along, too",
  "folder beside another that begins like it": "Python lists data2/ with data and fails; isofact lists data/",
  "folder of more than max_objects": "Python cuts the list short and says nothing; isofact refuses",
  "keys with doubled slashes, listed": "Python writes another key into ref; isofact the object's own",
  "key with #, named": "Python looks for what is before the #; isofact refuses",
  "nothing there": "Python records nothing and says nothing; isofact refuses",
  "whole bucket": "Python writes the bucket into ref for keys without a dot, and leaves out what has zero bytes",
  "older version": "Python records the newest version; isofact the one that was asked for",
}
const reasonOf = (title: string) => differences[title.replace(/, versions(-not)?-kept$/, "")]

type Contents = Readonly<Record<string, Omit<Entry, "path">>> | { readonly error: string }

export async function checkReferencesS3(peer: Peer, group: Group): Promise<void> {
  if (!existsSync(moto)) return group.note("SKIPPED: s3.sh has not set up moto")
  const server = await startMoto(moto)
  try {
    const credentials = { accessKeyId: "tester", secretAccessKey: "secret" }
    const env = {
      AWS_ACCESS_KEY_ID: "tester",
      AWS_SECRET_ACCESS_KEY: "secret",
      AWS_REGION: "us-east-1",
      AWS_S3_ENDPOINT_URL: server.endpoint,
    }
    const handler = s3References({ credentials, region: "us-east-1", endpoint: server.endpoint })
    const script = fileURLToPath(new URL("references_s3.py", import.meta.url))
    const python = (command: string) =>
      execFileSync(peer.python, ["-B", script, command, peer.dir], {
        env: { ...process.env, ...env },
        stdio: ["ignore", "ignore", "inherit"],
      })
    const write = (name: string, value: unknown) => writeFileSync(join(peer.dir, name), JSON.stringify(value))
    const read = <T>(name: string): T => JSON.parse(readFileSync(join(peer.dir, name), "utf8"))

    write("buckets.json", buckets)
    write("calls.json", calls)
    python("record")
    const theirs = read<{ uris: Record<string, string>; entries: Record<string, Contents> }>("python.json")
    const ours: Record<string, Contents> = {}
    for (const [title, { options = {} }] of Object.entries(calls)) ours[title] = await record(handler, theirs.uris[title]!, options)
    compare(group, ours, theirs.entries)

    write("ours.json", Object.fromEntries(Object.entries(ours).filter(([title, found]) => isReadable(title, found))))
    python("load")
    const loaded = read<Record<string, Record<string, string>>>("loaded.json")
    for (const [title, files] of Object.entries(loaded)) {
      for (const [path, hex] of Object.entries(files)) {
        const entry = { path, ...(ours[title] as Record<string, Omit<Entry, "path">>)[path]! } as ReferenceEntry
        const bytes = Buffer.from(await readAll((await handler.open(entry)).content)).toString("hex")
        group.same(bytes, hex, `bytes of ${path}, ${title}`)
      }
    }
    group.note(`${Object.keys(calls).length} calls, ${Object.keys(differences).length} differences`)
  } finally {
    server.stop()
  }
}

/** Python can load neither what has no checksum nor keys that are no addresses to it. */
function isReadable(title: string, found: Contents): boolean {
  return !("error" in found) && !/checksum|doubled|# and \?|whole bucket/.test(title)
}

async function record(
  handler: ReturnType<typeof s3References>,
  uri: string,
  options: NonNullable<Call["options"]>,
): Promise<Contents> {
  const { name, checksum = true, max_objects: maxObjects = 10_000 } = options
  try {
    const entries = await handler.track(parseReferenceUri(uri), { name, checksum, maxObjects })
    return Object.fromEntries(entries.map(({ path, ...facts }) => [path, facts]))
  } catch (error) {
    if (!isArtifactError(error)) throw error
    return { error: error.code }
  }
}

function compare(group: Group, ours: Record<string, Contents>, theirs: Record<string, Contents>): void {
  for (const title of Object.keys(calls)) {
    const [mine, python] = [ours[title]!, theirs[title]!]
    const areSame = isDeepStrictEqual(mine, python) || ("error" in mine && "error" in python)
    const reason = reasonOf(title)
    if (reason === undefined)
      group.check(areSame, () => `${title}: isofact ${JSON.stringify(mine)}, Python ${JSON.stringify(python)}`)
    else group.check(!areSame, () => `${title}: is no difference (any more): ${reason}`)
  }
}
