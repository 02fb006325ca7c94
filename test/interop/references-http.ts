/** The same http: and file: addresses, recorded and read by the real Python `wandb` and by isofact, on one server and one disk. */
import { spawn } from "node:child_process"
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"
import { isDeepStrictEqual } from "node:util"
import { gzipSync } from "node:zlib"
import { readAll } from "../../src/bytes/hash-stream.ts"
import type { Entry } from "../../src/core/entry.ts"
import { createNodePlatform } from "../../src/doors/node.ts"
import { isArtifactError } from "../../src/errors.ts"
import type { ReferenceEntry, ReferenceHandler } from "../../src/ports.ts"
import { spell, webAddress } from "../../src/references/http-get.ts"
import { pickHandler, referenceTable } from "../../src/references/table.ts"
import { parseReferenceUri } from "../../src/references/uri.ts"
import { type Answering, file, redirect, startWeb } from "../references/web-server.ts"
import type { Group, Peer } from "./group.ts"

interface Call {
  readonly uri: string
  readonly options?: { readonly name?: string; readonly checksum?: boolean; readonly max_objects?: number }
}

const text = "0123456789"
const tagged = file(text, { etag: '"abc"' })
const bare = file(text)

const paths = (other: string): Record<string, Answering> => ({
  "/": tagged,
  "/tagged.txt": tagged,
  "/weak.txt": file(text, { etag: 'W/"abc"' }),
  "/unquoted.txt": file(text, { etag: "abc" }),
  "/quotes.txt": file(text, { etag: '"a"b""' }),
  "/empty-tag.txt": file(text, { etag: '""' }),
  "/bare.txt": bare,
  "/zero.txt": file("", { etag: '"zero"' }),
  "/chunked.txt": file(text, { etag: '"abc"', hasLength: false }),
  "/gzip.txt": file(gzipSync(text.repeat(50)), { etag: '"abc-gzip"', headers: { "content-encoding": "gzip" } }),
  "/foo.json?x=a/b": bare,
  "/foo.json?bar=1": tagged,
  "/a%20b/c%20d.txt?q=e%20f": bare,
  "/%C3%BC%20%E6%97%A5.txt": bare,
  "/x;v=1": bare,
  "/to-relative": redirect("/tagged.txt"),
  "/to-query": redirect("foo.json?x=a/b", 301),
  "/to-other": redirect(`${other}/bare.txt`, 307),
  "/to-fragment": redirect("/bare.txt#own", 303),
  "/to-signed": redirect("/signed.txt?X-Amz-Signature=s"),
  "/signed.txt?X-Amz-Signature=s": tagged,
  "/circle": redirect("/circle"),
  "/forbidden": (_, response) => response.writeHead(403).end(),
})

const calls = (origin: string, dir: string): Record<string, Call> => {
  const web: Record<string, Call> = {
    "an ETag": { uri: "/tagged.txt" },
    "an ETag, named": { uri: "/tagged.txt", options: { name: "x//y.txt" } },
    "a weak ETag": { uri: "/weak.txt" },
    "an ETag without quotes": { uri: "/unquoted.txt" },
    "an ETag with quotes inside": { uri: "/quotes.txt" },
    "an ETag of nothing": { uri: "/empty-tag.txt" },
    "no ETag": { uri: "/bare.txt" },
    "zero bytes": { uri: "/zero.txt" },
    "no Content-Length": { uri: "/chunked.txt" },
    "compressed on its way": { uri: "/gzip.txt" },
    "a slash in the query": { uri: "/foo.json?x=a/b" },
    "a query": { uri: "/foo.json?bar=1" },
    "a fragment": { uri: "/bare.txt#part" },
    "a slash in the fragment": { uri: "/bare.txt#part/2" },
    spaces: { uri: "/a b/c d.txt?q=e f" },
    "spaces, encoded": { uri: "/a%20b/c%20d.txt?q=e%20f" },
    "letters beyond ASCII": { uri: "/ü 日.txt" },
    parameters: { uri: "/x;v=1" },
    "dots in the path": { uri: "/nowhere/../bare.txt" },
    "no path": { uri: "", options: { name: "root" } },
    "an empty path": { uri: "/", options: { name: "root" } },
    "an empty path without a name": { uri: "/" },
    "a redirect": { uri: "/to-relative" },
    "a redirect to a query": { uri: "/to-query" },
    "a redirect to another host": { uri: "/to-other" },
    "a redirect with a fragment": { uri: "/to-relative#part" },
    "a redirect to a fragment": { uri: "/to-fragment#part" },
    "a redirect to a signed address": { uri: "/to-signed" },
    "a signed address": { uri: "/signed.txt?X-Amz-Signature=s" },
    "redirects in a circle": { uri: "/circle" },
    "nothing there": { uri: "/nothing" },
    "forbidden to read": { uri: "/forbidden" },
    "no checksum": { uri: "/a b?x#y", options: { checksum: false } },
    "no checksum of what is not there": { uri: "/nothing", options: { checksum: false } },
  }
  const folder = (name: string) => pathToFileURL(join(dir, "files", name)).href
  return {
    ...Object.fromEntries(Object.entries(web).map(([title, { uri, ...rest }]) => [title, { uri: origin + uri, ...rest }])),
    "a user and password": { uri: `${origin.replace("//", "//ann:pass@")}/tagged.txt` },
    "a host without a path or name": { uri: origin },
    "a local file": { uri: folder("one.txt") },
    "a local file, named": { uri: folder("one.txt"), options: { name: "n/one.txt" } },
    "a local file, with spaces and more": { uri: folder("sp ace/ü%20 é.txt") },
    "a local file without checksum": { uri: folder("sp ace/ü%20 é.txt"), options: { checksum: false } },
    "a local folder": { uri: folder("") },
    "a local folder, named": { uri: folder(""), options: { name: "there" } },
    "a local folder without checksum": { uri: folder(""), options: { checksum: false } },
    "a local folder of more than max_objects": { uri: folder(""), options: { max_objects: 2 } },
    "no local file": { uri: folder("nothing.txt") },
  }
}

const files = {
  "one.txt": text,
  "empty.txt": "",
  "sp ace/ü%20 é.txt": "spaces",
  "deep/er/two.txt": "two",
  "deep/hash#mark.txt": "hash",
}

/** Every call whose answers differ, and why; each must be seen to differ. The rest must be the same. */
export const differences: Readonly<Record<string, string>> = {
  "an ETag of nothing":
    "Python's digest is the empty text, the same for every such file; isofact's is the address, as without an ETag",
  "a redirect to a signed address": "Python records the signature, which expires; isofact the address that leads there",
  "a signed address": "Python makes the signature part of the entry's name; isofact leaves it out there",
  "a user and password": "Python writes them into the manifest; isofact refuses",
}

/** Addresses that `requests` spells otherwise than browsers do, which matters where the address is the digest. */
export const spellings: Readonly<Record<string, string>> = {
  "http://h.test:80/a": "Python keeps a port that goes without saying",
  "http://h.test/a?q='x'": "Python leaves ' in a query as it is",
  "http://h.test/a\\b": "Python encodes \\, which to browsers is a slash",
}
const sameSpelling = [
  ...[
    "http://h.test/%7Ea/%41",
    "http://h.test/%c3%bc?%c3",
    "http://h.test/a?",
    "http://h.test/a#",
    "http://h.test/a?#",
    "http://h.test/a??",
  ],
  ...[
    "http://h.test/a|b?c|d#e|f",
    "http://h.test/a?{b}^`c",
    "http://h.test/a%2fb",
    "http://[::1]:8080/a[1]",
    "http://h.test/a[1]?b[]=2#[c]",
  ],
  ...[
    "http://h.test",
    "http://H.test/A",
    "HTTP://h.test:8080/a",
    "https://h.test:80/",
    "http://h.test/a b?c d#e f",
    "http://h.test/ü?ü",
  ],
  ...["http://h.test/a//b/./c/../d", "http://h.test/a%2Fb%20c", "http://h.test/a?b?c&d=e+f%20g", "http://h.test/(a)!*,;=:@&$+~_-."],
  ...["http://bücher.test/", "http://127.0.0.1/", "http://[::1]/a", 'http://h.test/{a}<b>"c"^`'],
]

/** Names in a local folder that Python records as they are and takes apart when it loads them; isofact finds the files. */
const unloadable = /[#?%]/

type Contents = Readonly<Record<string, Omit<Entry, "path">>> | { readonly error: string }

export async function checkReferencesHttp(peer: Peer, group: Group): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(peer.dir, "files", path, ".."), { recursive: true })
    writeFileSync(join(peer.dir, "files", path), content)
  }
  const other = await startWeb({ "/bare.txt": bare })
  const server = await startWeb(paths(other.origin))
  const write = (name: string, value: unknown) => writeFileSync(join(peer.dir, name), JSON.stringify(value))
  const read = <T>(name: string): T => JSON.parse(readFileSync(join(peer.dir, name), "utf8"))
  try {
    const asked = calls(server.origin, peer.dir)
    write("calls.json", asked)
    await runPython(peer, "record")
    const theirs = read<Record<string, Contents>>("python.json")
    const ours: Record<string, Contents> = {}
    for (const [title, call] of Object.entries(asked)) ours[title] = await record(call)
    compare(group, ours, theirs)

    write("ours.json", Object.fromEntries(Object.entries(ours).filter(([title, found]) => isReadable(title, found))))
    await runPython(peer, "load")
    const loaded = read<Record<string, Record<string, string>>>("loaded.json")
    for (const [title, texts] of Object.entries(loaded)) {
      for (const [path, hex] of Object.entries(texts)) {
        // Both of them read what the other one recorded.
        const entry = { path, ...(theirs[title] as Record<string, Omit<Entry, "path">>)[path]! } as ReferenceEntry
        const bytes = Buffer.from(await readAll((await handlerOf(entry.ref).open(entry)).content)).toString("hex")
        const isUnloadable = /folder/.test(title) && unloadable.test(path)
        group.same(isUnloadable ? "ValueError" : bytes, hex, `bytes of ${path}, ${title}`)
        if (isUnloadable)
          group.same(Buffer.from(bytes, "hex").toString(), files[path.replace("there/", "") as keyof typeof files], path)
      }
    }
    group.check(Object.keys(loaded).length > 20, () => `Python loaded only ${Object.keys(loaded)}`)
    await checkSpellings(peer, group, write, read)
    group.note(`${Object.keys(asked).length} calls, ${Object.keys(differences).length} differences`)
  } finally {
    server.close()
    other.close()
  }
}

/** Python can load nothing without a checksum where there is an ETag, and a signed address is called otherwise there. */
function isReadable(title: string, found: Contents): boolean {
  return !("error" in found) && !/checksum|signed address|an ETag of nothing/.test(title)
}

const platform = createNodePlatform()
const handlers = referenceTable(platform, {
  ...platform,
  hash: (content, { signal }) => platform.stage().take(content, { owner: platform, keep: false, signal }),
})
const handlerOf = (uri: string): ReferenceHandler => pickHandler(handlers, parseReferenceUri(uri))

async function record({ uri, options = {} }: Call): Promise<Contents> {
  const { name, checksum = true, max_objects: maxObjects = 10_000 } = options
  try {
    const entries = await handlerOf(uri).track(parseReferenceUri(uri), { name, checksum, maxObjects })
    return Object.fromEntries(entries.map(({ path, ...facts }) => [path, facts]))
  } catch (error) {
    if (!isArtifactError(error)) throw error
    return { error: error.code }
  }
}

function compare(group: Group, ours: Record<string, Contents>, theirs: Record<string, Contents>): void {
  for (const [title, mine] of Object.entries(ours)) {
    const python = theirs[title]!
    const areSame = isDeepStrictEqual(mine, python) || ("error" in mine && "error" in python)
    const reason = differences[title]
    if (reason !== undefined) group.check(!areSame, () => `${title}: is no difference (any more): ${reason}`)
    else group.check(areSame, () => `${title}: isofact ${JSON.stringify(mine)}, Python ${JSON.stringify(python)}`)
  }
}

async function checkSpellings(
  peer: Peer,
  group: Group,
  write: (name: string, value: unknown) => void,
  read: (name: string) => Record<string, string>,
): Promise<void> {
  const ours = (address: string) => spell(webAddress(address)!.href)
  const all = [...sameSpelling, ...Object.keys(spellings)]
  write("addresses.json", [...all, ...all.map(ours)])
  await runPython(peer, "addresses")
  const sent = read("sent.json")
  for (const address of sameSpelling) group.same(ours(address), sent[address], address)
  for (const address of all) group.same(ours(address), sent[ours(address)], `${address}, ours repeated by Python`)
  for (const [address, reason] of Object.entries(spellings)) {
    group.check(ours(address) !== sent[address], () => `${address}: is no difference (any more): ${reason}`)
  }
}

/** While it runs the server here has to answer. */
async function runPython({ python, dir }: Peer, command: string): Promise<void> {
  const script = fileURLToPath(new URL("references_http.py", import.meta.url))
  const child = spawn(python, ["-B", script, command, dir], {
    stdio: ["ignore", "ignore", "pipe"],
    env: { ...process.env, NO_PROXY: "*" },
  })
  let stderr = ""
  child.stderr.setEncoding("utf8").on("data", (part) => (stderr += part))
  const status = await new Promise((resolve, reject) => child.on("error", reject).on("close", resolve))
  if (status !== 0) throw new Error(`references_http.py ${command} ended with ${status}:\n${stderr.slice(-3000)}`)
}
