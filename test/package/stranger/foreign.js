/** For Node, Deno and Bun: what is for other runtimes loads here and says at first use what is missing, or says why it cannot load. */
import { createDigestStreamHasher } from "isofact/digest/digest-stream"
import { createJsHasher } from "isofact/digest/js-md5"
import { createBrowserBlobStore } from "isofact/storage/browser"
import { createIndexedDbRecordStore } from "isofact/storage/indexeddb"
import { createOpfsBlobStore } from "isofact/storage/opfs"

const hasher = createJsHasher()
const digest = await hasher.hash(new Uint8Array())
const uses = [
  () => createDigestStreamHasher().create(),
  () => createBrowserBlobStore({ hasher }).get(digest),
  () => createIndexedDbRecordStore().get("key"),
  () => createOpfsBlobStore({ hasher }).get(digest),
]
const codes = []
for (const use of uses) codes.push(await use().then(String, ({ code }) => code))
const refusal = await import("isofact/workerd").then(String, ({ message }) => message)
console.log(JSON.stringify([...codes, /cloudflare/.exec(refusal)?.[0] ?? refusal]))
