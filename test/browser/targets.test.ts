/** Where a page's artifacts go: a folder of OPFS, a Blob, addresses that a service worker answers, a zip file that is saved. */
import { readFile } from "node:fs/promises"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { unzip } from "../conformance/unzip.ts"
import { bundleScript, openPage, type TestPage } from "./pages.ts"

const worker = `
import { Api } from "isofact"
import { zipResponse } from "./src/artifact/zip.ts"
import { createArtifactRoute } from "./src/run/route.ts"

const route = createArtifactRoute()
const cached = caches.open("artifacts").then((cache) => createArtifactRoute({ prefix: "/cached/", cache }))
const asked = []
addEventListener("install", () => skipWaiting())
addEventListener("activate", (event) => event.waitUntil(clients.claim()))
addEventListener("fetch", (event) => {
  const { request } = event
  const { pathname } = new URL(request.url)
  if (pathname.startsWith("/artifacts/")) {
    const range = request.headers.get("range")
    event.respondWith(route(request).then((response) => {
      asked.push({ pathname, range, status: response.status, destination: request.destination })
      return response
    }))
  }
  if (pathname.startsWith("/cached/")) event.respondWith(cached.then((answer) => answer(request)))
  if (pathname.startsWith("/zip/")) event.respondWith(new Api().artifact(pathname.slice(5)).then((artifact) => zipResponse(artifact)))
  if (pathname === "/asked") event.respondWith(Response.json(asked))
})
`

const script = `
import { Artifact, init } from "isofact"

async function log(name, files) {
  const run = await init()
  const draft = new Artifact(name, "dataset")
  await draft.addDir(new Map(Object.entries(files).map(([path, data]) => [path, data instanceof Blob ? data : new Blob([data])])))
  const artifact = await run.logArtifact(draft)
  await run.finish()
  return artifact
}
async function picture() {
  const canvas = new OffscreenCanvas(40, 30)
  canvas.getContext("2d").fillRect(0, 0, 20, 30)
  return canvas.convertToBlob({ type: "image/png" })
}
/** Two minutes of a tone, 16 bits at 16 kHz: 3.8 MB. */
function sound() {
  const rate = 16000
  const samples = new Int16Array(120 * rate).map((_, at) => Math.sin(at / 6) * 8000)
  const header = new DataView(new ArrayBuffer(44))
  const text = (at, word) => [...word].forEach((char, index) => header.setUint8(at + index, char.charCodeAt(0)))
  text(0, "RIFF"); header.setUint32(4, 36 + samples.byteLength, true); text(8, "WAVEfmt "); header.setUint32(16, 16, true)
  header.setUint16(20, 1, true); header.setUint16(22, 1, true); header.setUint32(24, rate, true); header.setUint32(28, 2 * rate, true)
  header.setUint16(32, 2, true); header.setUint16(34, 16, true); text(36, "data"); header.setUint32(40, samples.byteLength, true)
  return new Blob([header, samples])
}
async function tree(folder, prefix = "") {
  const files = {}
  for await (const [name, handle] of folder.entries()) {
    if (handle.kind === "directory") Object.assign(files, await tree(handle, prefix + name + "/"))
    else files[prefix + name] = await (await handle.getFile()).text()
  }
  return files
}
const folder = async (name) => (await navigator.storage.getDirectory()).getDirectoryHandle(name, { create: true })
const until = (target, event) => new Promise((resolve, reject) => {
  target.addEventListener(event, () => resolve(), { once: true })
  target.addEventListener("error", () => reject(new Error(event + " did not come: " + target.error?.message)), { once: true })
})
async function controlled() {
  await navigator.serviceWorker.register("/worker.js", { type: "module" })
  if (navigator.serviceWorker.controller === null) await new Promise((resolve) => navigator.serviceWorker.addEventListener("controllerchange", resolve, { once: true }))
}
Object.assign(window, { log, picture, sound, tree, folder, until, controlled })
`

const files = { "a.txt": "alpha", "x/b c.txt": "bravo", "x/y/ünï.txt": "charlie" }

let site: TestPage
const inPage = <T>(body: string): Promise<T> => site.page.evaluate(`(async () => { ${body} })()`) as Promise<T>

beforeAll(async () => {
  site = await openPage(script, { "/worker.js": await bundleScript(worker) })
  await inPage(`window.birds = await log("birds", ${JSON.stringify(files)})`)
}, 60_000)

afterAll(async () => {
  await site?.[Symbol.asyncDispose]()
}, 60_000)

describe("a directory handle", () => {
  test("is downloaded into, and returned", async () => {
    const [isSame, found] = await inPage<[boolean, object]>(`
      const root = await folder("out")
      return [await birds.download(root) === root, await tree(root)]`)
    expect([isSame, found]).toEqual([true, files])
  })

  test("keeps what is right, replaces what is not, and leaves the rest", async () => {
    const [skipped, found] = await inPage<[string[], object]>(`
      const root = await folder("again")
      await birds.download(root)
      const put = async (name, text) => {
        const stream = await (await root.getFileHandle(name, { create: true })).createWritable()
        await stream.write(text)
        await stream.close()
      }
      await put("a.txt", "wrong")
      await put("mine.txt", "mine")
      const skipped = []
      await birds.download(root, { onProgress: ({ type, path }) => type === "skip" && skipped.push(path) })
      return [skipped.sort(), await tree(root)]`)
    expect(skipped).toEqual(["x/b c.txt", "x/y/ünï.txt"])
    expect(found).toEqual({ ...files, "mine.txt": "mine" })
  })

  test("is checked out into and verified", async () => {
    const [report, found] = await inPage<[object, object]>(`
      const root = await folder("checkout")
      await (await root.getDirectoryHandle("old", { create: true })).getFileHandle("extra.txt", { create: true })
      await birds.checkout(root)
      return [await birds.verify(root), await tree(root)]`)
    expect(report).toMatchObject({ verified: 3, damaged: [], missing: [], extra: [] })
    expect(found).toEqual(files)
  })

  test("takes one entry", async () => {
    const found = await inPage(`
      const root = await folder("one")
      await birds.getEntry("x/b c.txt").download(root)
      return tree(root)`)
    expect(found).toEqual({ "x/b c.txt": "bravo" })
  })
})

test("a path is a folder of OPFS, and so is the default", async () => {
  const found = await inPage<[string, object, object]>(`
    const path = await birds.download("deep/er")
    const given = await tree(await (await folder("deep")).getDirectoryHandle("er"))
    await birds.download()
    return [path, given, await tree(await (await folder("artifacts")).getDirectoryHandle("birds:v0"))]`)
  expect(found).toEqual(["deep/er", files, files])
})

test("file() is a Blob, or a path where a root is given", async () => {
  const [size, text, path] = await inPage<[number, string, string]>(`
    const one = await log("one", { "only.txt": "only" })
    const blob = await one.file()
    return [blob.size, await blob.text(), await one.file(await folder("single"))]`)
  expect([size, text, path]).toEqual([4, "only", "single/only.txt"])
})

describe("a service worker's addresses", () => {
  beforeAll(async () => {
    await inPage(`
      await controlled()
      await log("media", {
        "a b#1.png": await picture(),
        "tone.wav": sound(),
        "evil.html": "<script>parent.postMessage('ran', '*')</script>",
        "evil.svg": "<svg xmlns='http://www.w3.org/2000/svg' onload=\\"parent.postMessage('ran', '*')\\"/>",
        "evil.js": "globalThis.evil = true",
      })`)
  }, 60_000)

  test("<img>", async () => {
    const size = await inPage(`
      const image = new Image()
      image.src = "/artifacts/media:latest/a%20b%231.png"
      await image.decode()
      return [image.naturalWidth, image.naturalHeight]`)
    expect(size).toEqual([40, 30])
  })

  test("<video> plays and seeks by ranges", async () => {
    const [duration, time] = await inPage<[number, number]>(`
      const video = document.body.appendChild(document.createElement("video"))
      video.src = "/artifacts/media:v0/tone.wav"
      video.preload = "metadata"
      await until(video, "loadedmetadata")
      video.currentTime = 100
      await until(video, "seeked")
      return [video.duration, video.currentTime]`)
    expect([Math.round(duration), time]).toEqual([120, 100])
    const asked = await inPage<{ range: string; status: number; destination: string }[]>(`return (await fetch("/asked")).json()`)
    const media = asked.filter(({ destination }) => destination === "video")
    expect(media.every(({ status }) => status === 206)).toBe(true)
    expect(media.some(({ range }) => /^bytes=[1-9]\d*-/.test(range))).toBe(true)
  })

  test.each(["evil.html", "evil.svg"])("%s runs nothing and is nobody's origin", async (name) => {
    const [ran, isOpaque] = await inPage<[boolean, boolean]>(`
      let ran = false
      addEventListener("message", () => { ran = true })
      const frame = document.createElement("iframe")
      frame.src = "/artifacts/media:latest/${name}"
      const loaded = until(frame, "load")
      document.body.append(frame)
      await loaded
      await new Promise((resolve) => setTimeout(resolve, 100))
      return [ran, frame.contentDocument === null]`)
    expect([ran, isOpaque]).toEqual([false, true])
  })

  test("a script is not run", async () => {
    const ran = await inPage(`
      const element = document.createElement("script")
      element.src = "/artifacts/media:latest/evil.js"
      const failed = new Promise((resolve) => { element.onerror = () => resolve("refused"); element.onload = () => resolve("loaded") })
      document.head.append(element)
      return [await failed, globalThis.evil === true]`)
    expect(ran).toEqual(["refused", false])
  })

  test("fetch: status codes and headers", async () => {
    const statuses = await inPage(`
      const status = async (path, headers) => (await fetch(path, { headers })).status
      const { headers } = await fetch("/artifacts/birds:v0/a.txt")
      const range = await fetch("/artifacts/birds:v0/a.txt", { headers: { range: "bytes=1-2" } })
      return [
        headers.get("cache-control"), headers.get("content-length"), range.status, await range.text(),
        await status("/artifacts/birds:v0/none"), await status("/artifacts/birds:v0/%2e%2e%2fa"), await status("/artifacts/none:v0/a"),
        await status("/artifacts/birds:v0/a.txt", { range: "bytes=9-" }),
        await status("/artifacts/birds:v0/a.txt", { "if-none-match": headers.get("etag") }),
      ]`)
    expect(statuses).toEqual(["no-cache", "5", 206, "lp", 404, 400, 404, 416, 304])
  })

  test("the Cache API keeps whole files", async () => {
    const kept = await inPage(`
      for (const path of ["birds:v0/a.txt", "birds:latest/a.txt", "birds:v0/x/b%20c.txt"]) await (await fetch("/cached/" + path)).text()
      const keys = await (await caches.open("artifacts")).keys()
      const again = await fetch("/cached/birds:v0/a.txt")
      return [keys.map(({ url }) => new URL(url).pathname.replace(/^\\/cached\\/[^/]+/, "")), await again.text(), again.headers.get("etag") !== null]`)
    expect(kept).toEqual([["/a.txt", "/x%2Fb%20c.txt"], "alpha", true])
  })

  test("a version is saved as a zip file", async () => {
    const saving = site.page.waitForEvent("download")
    await inPage(`
      const link = document.body.appendChild(document.createElement("a"))
      link.href = "/zip/birds:latest"
      link.click()`)
    const saved = await saving
    expect(saved.suggestedFilename()).toBe("birds-v0.zip")
    const { files: found } = unzip(new Uint8Array(await readFile(await saved.path())))
    const texts = [...found].map(([path, bytes]) => [path, new TextDecoder().decode(bytes)])
    expect(Object.fromEntries(texts)).toEqual(files)
  })
})
