import { once } from "node:events"
import { chmod, readdir, readFile, rename, rm, utimes, writeFile } from "node:fs/promises"
import { createServer as createHttpServer } from "node:http"
import type { AddressInfo } from "node:net"
import { join } from "node:path"
import { describe, expect, onTestFinished, test } from "vitest"
import { listen } from "../../src/cli/node-serve.ts"
import { packageVersion } from "../../src/cli/node-version.ts"
import { createNodePlatform } from "../../src/doors/node.ts"
import { apiKeys, createServer } from "../../src/server/server.ts"
import { createPlace } from "./run.ts"

test("the program says what it can, and what is wrong with a command line", { timeout: 60_000 }, async () => {
  const place = await createPlace()
  const help = await place.spawn("--help")
  expect(help.code).toBe(0)
  expect(help.out).toContain("130 interrupted")
  expect((await place.spawn("--version")).out.trim()).toBe(packageVersion())
  const unknown = await place.spawn("nope")
  expect(unknown).toEqual({ code: 2, out: "", err: "isofact: Unknown command 'nope'. See isofact --help.\n" })
})

describe("care", { timeout: 120_000 }, () => {
  test("sync: to another directory, in part, and what cannot be", async () => {
    const place = await createPlace()
    await place.write("d/a", "1")
    await place.run("log", "d", "--name", "zoo")
    await place.run("log", "d", "--name", "p2/ark")
    const report = await place.json("sync", "--to", "there", "--match", "^zoo$")
    expect(report).toMatchObject({ versions: { sent: 1, present: 0 }, collections: 1, bytes: 1 })
    const second = await place.spawn("sync", "--to", "there")
    expect(second).toMatchObject({ code: 0, out: "sent 1 version and 1 run, 0 B; 1 version was there already\n" })
    expect(await place.json("ls", "--registry", "there")).toMatchObject([{ name: "zoo" }])
    await place.json("sync", "--to", "there", "--entity", "local", "--project", "p2", "--into", "team/p3")
    expect(await place.json("ls", "team/p3", "--registry", "there")).toMatchObject([{ name: "ark" }])
  })

  test("gc and cache: what would go is said first", async () => {
    const place = await createPlace()
    await place.write("d/a", "x".repeat(1000))
    await place.run("log", "d", "--name", "zoo")
    await place.run("rm", "zoo", "--collection", "--yes")
    const planned = await place.json("gc", "--grace", "0s", "--dry-run")
    expect(planned).toMatchObject({ dryRun: true, blobsDeleted: 2 })
    expect(await place.run("gc", "--grace", "0s")).toMatchObject({ code: 2, out: "" })
    expect(await place.json("gc")).toMatchObject({ blobsDeleted: 0, dryRun: false })
    expect(await place.json("gc", "--grace", "0s", "--yes")).toMatchObject({ dryRun: false, blobsDeleted: 2 })

    const file = join(place.dir, "cache/artifacts/obj/md5/ab")
    await place.write("cache/artifacts/obj/md5/ab/cdef", "x".repeat(500))
    await utimes(join(file, "cdef"), new Date(0), new Date(0))
    expect(await place.json("cache", "info")).toMatchObject({ bytes: 500 })
    expect(await place.json("cache", "cleanup", "--size", "5GB")).toMatchObject({ freed: 0, bytes: 500 })
    expect(await place.json("cache", "cleanup", "--size", "100")).toMatchObject({ freed: 500, bytes: 0 })
  })

  test("doctor: a place that is well, and one that is not", async () => {
    const place = await createPlace()
    const empty = await place.json<{ checks: object[] }>("doctor")
    expect(empty.checks).toContainEqual(expect.objectContaining({ name: "store", status: "warn" }))
    await place.write("d/a", "bytes that will rot")
    await place.run("log", "d", "--name", "zoo")
    const well = await place.run("doctor", "--fsck")
    expect(well.code).toBe(0)
    expect(well.out).toMatch(/^ok +store {2}2 files of .* hashed$/m)
    const blob = await findFile(join(place.dir, ".isofact/blobs"), "bytes that will rot")
    await chmod(blob, 0o600)
    await writeFile(blob, "rotten")
    const sick = await place.spawn("doctor", "--fsck", "--json")
    expect(sick.code).toBe(1)
    const store = (JSON.parse(sick.out) as { checks: { name: string }[] }).checks.find(({ name }) => name === "store")
    expect(store).toMatchObject({
      status: "fail",
      message: expect.stringContaining("zoo:v0"),
      fix: expect.stringContaining("Log the same"),
    })

    place.env.WANDB_API_KEY = "too-short-but-secret"
    const taken = createHttpServer().listen(0, "127.0.0.1")
    await once(taken, "listening")
    const { port } = taken.address() as AddressInfo
    await new Promise((resolve) => taken.close(resolve))
    const far = await place.run("doctor", "--registry", `http://127.0.0.1:${port}`)
    expect(far.code).toBe(1)
    expect(far.out).toMatch(/^fail +key /m)
    expect(far.out).toMatch(/^fail +server .*ECONNREFUSED/m)
    expect(far.out + far.err).not.toContain("secret")
  })

  test("doctor: a store that is damaged is told whatever is wrong with it, and the rest is still looked at", async () => {
    const place = await createPlace()
    await place.write("d/a", "1")
    await place.run("log", "d", "--name", "zoo")
    await place.run("log", "d", "--name", "ark")
    await place.write("cache/artifacts/x", "")
    const look = async (...options: string[]) => {
      const { code, out, err } = await place.run("doctor", "--json", ...options)
      const { checks } = JSON.parse(out) as { checks: { name: string; status: string; message: string; fix?: string }[] }
      expect(err).toBe("")
      for (const { status, fix } of checks) if (status !== "ok") expect(fix).toMatch(/\.$/)
      return { code, found: checks.filter(({ status }) => status !== "ok").map(({ name, message }) => `${name}: ${message}`) }
    }
    expect(await look("--fsck")).toEqual({ code: 0, found: [] })
    expect(await readdir(join(place.dir, ".isofact"))).not.toContainEqual(expect.stringContaining("probe"))

    const records = join(place.dir, ".isofact/records")
    const damage = async (folder: string) => {
      const [record] = await readdir(join(records, folder))
      const states = await readdir(join(records, folder, record!))
      await writeFile(join(records, folder, record!, states.sort().at(-1)!), "garbage")
    }
    await damage("collections")
    for (const options of [[], ["--fsck"]]) {
      expect(await look(...options)).toEqual({
        code: 1,
        found: [expect.stringMatching(/^records: 1 record cannot be read, such as: .*collections.* is damaged/)],
      })
    }
    await damage("artifacts")
    expect((await place.run("doctor", "--fsck")).out).toMatch(
      /^fail +records +[12] records? cannot be read.*\n.*\nok +store .*hashed$/m,
    )

    await rename(records, join(place.dir, "kept"))
    await writeFile(records, "")
    expect(await look("--fsck")).toEqual({ code: 1, found: [`store: "${records}" is a file, where a folder belongs`] })
    await rm(join(place.dir, "cache"), { recursive: true })
    await place.write("cache/artifacts", "")
    const { found } = await look()
    expect(found).toContain(`cache: "${join(place.dir, "cache/artifacts")}" is a file, where a folder belongs`)
    await rm(join(place.dir, ".isofact"), { recursive: true })
    await place.write(".isofact", "")
    expect((await look()).found).toContainEqual(expect.stringMatching(/^store: .*\.isofact" is a file/))
  })

  test("doctor --registry: where the addresses of files lead, and what a page may do there", async () => {
    const place = await createPlace()
    await place.write("d/a", "1")
    await place.run("log", "d", "--name", "zoo")
    const origin = "https://pages.example"
    const key = "k".repeat(40)
    let baseUrl: string | undefined
    const { hasher } = createNodePlatform()
    const registry = createNodePlatform().registry({ dir: place.dir })
    const authenticate = apiKeys({ [key]: { entity: "local", username: "ann", entities: "*" } })
    const secret = "s".repeat(32)
    const listening = await listen(
      (request) => createServer({ registry, authenticate, secret, hasher, baseUrl, corsOrigins: [origin] }).fetch(request),
      { host: "127.0.0.1", port: 0 },
    )
    onTestFinished(() => listening.close())
    const url = `http://127.0.0.1:${listening.port}`
    place.env.WANDB_API_KEY = key
    const look = (...more: string[]) => place.run("doctor", "--registry", url, ...more)
    expect(await look("--origin", origin)).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^ok +files +can be had at http:.*\nok +files cors +pages of .* may upload/m),
    })
    expect((await look("--origin", "https://evil.example")).out).toMatch(
      /^fail +files cors +pages of .*evil.* are refused at http/m,
    )
    baseUrl = "http://127.0.0.1:1"
    const wrong = await look()
    expect(wrong).toMatchObject({ code: 1, err: "" })
    expect(wrong.out).toMatch(
      /^fail +files +an address of a file, at http:\/\/127.0.0.1:1, does not answer \(.*\)\n +-> .*baseUrl/m,
    )
    expect(wrong.out).not.toContain("sig=")
  })

  test("doctor: a server that breaks off what a browser asks first is one finding", async () => {
    const place = await createPlace()
    place.env.WANDB_API_KEY = "k".repeat(40)
    const server = createHttpServer((request, answer) => {
      if (request.method === "OPTIONS") request.socket.resetAndDestroy()
      else answer.end(JSON.stringify({ data: { viewer: { entity: "ann" } } }))
    }).listen(0, "127.0.0.1")
    await once(server, "listening")
    onTestFinished(() => void server.close())
    const { port } = server.address() as AddressInfo
    const outcome = await place.run("doctor", "--registry", `http://127.0.0.1:${port}`, "--origin", "https://pages.example")
    expect(outcome).toMatchObject({ code: 1, err: "" })
    expect(outcome.out).toMatch(/^ok +server /m)
    expect(outcome.out).toMatch(/^fail +cors +.+\n +-> Let the server.* answer OPTIONS/m)
    expect(outcome.out).toMatch(/^ok +files /m)
  })

  test("doctor --reference: what an address is known by, and what a page would see of it", async () => {
    const place = await createPlace()
    const origin = "https://pages.example"
    const server = createHttpServer(({ url }, response) => {
      if (url!.startsWith("/gone")) return void response.writeHead(404).end()
      if (url!.startsWith("/tagged")) response.setHeader("etag", '"one"')
      if (url!.includes("open")) response.setHeader("access-control-allow-origin", origin)
      if (url!.includes("shown")) response.setHeader("access-control-expose-headers", "Content-Length, ETag")
      response.end("hello")
    }).listen(0, "127.0.0.1")
    await once(server, "listening")
    onTestFinished(() => void server.close())
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const look = async (path: string) => {
      const { checks } = await place.json<{ checks: { name: string; status: string; message: string }[] }>(
        ...["doctor", "--reference", `${base}${path}?signature=hush`, "--origin", origin],
      )
      expect(JSON.stringify(checks)).not.toContain("hush")
      return checks
        .filter(({ name }) => name === "reference" || name === "page")
        .map(({ status, message }) => `${status}: ${message}`)
    }
    expect(await look("/tagged-open-shown")).toEqual([
      "ok: known by one, 5 B",
      `ok: pages of ${origin} may read it and see its ETag`,
    ])
    expect(await look("/tagged-open")).toEqual([
      expect.stringMatching(/^ok/),
      expect.stringMatching(/^warn: .* do not see its ETag/),
    ])
    expect(await look("/plain")).toEqual([
      expect.stringMatching(/^warn: known by its address alone/),
      expect.stringMatching(/^fail: pages of .* may not read it/),
    ])
    const gone = await place.run("doctor", "--reference", `${base}/gone`)
    expect(gone).toMatchObject({ code: 1, out: expect.stringMatching(/^fail +reference +Nothing is at /m) })
  })
})

async function findFile(dir: string, text: string): Promise<string> {
  for (const { parentPath, name } of (await readdir(dir, { recursive: true, withFileTypes: true })).filter((entry) =>
    entry.isFile(),
  )) {
    if ((await readFile(join(parentPath, name), "utf8")) === text) return join(parentPath, name)
  }
  throw new Error(`no file in ${dir} holds "${text}"`)
}
