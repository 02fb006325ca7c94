import { describe, expect, test } from "vitest"
import { bytesStream } from "../../src/bytes/streams.ts"
import type { Digest } from "../../src/core/digest-text.ts"
import { type ArtifactError, isArtifactError } from "../../src/errors.ts"
import { createHttp } from "../../src/wandb/http.ts"
import { wandb } from "../../src/wandb/wandb.ts"
import { field, manifestOf, md5Of, newVersion, project, publish, textContent, upload, uploadOf } from "../registry/publish.ts"
import { apiKey, baseUrl, connect, type Fetch, serve } from "./served.ts"

const invalid = (argument: string) => expect.objectContaining({ code: "INVALID_ARGUMENT", details: { argument } })
const noEnv = () => undefined

/** Answers as told, in turn, then passes on; keeps when requests came. */
function answering(next: Fetch, ...answers: (() => Response | Promise<Response>)[]) {
  const times: number[] = []
  const requests: Request[] = []
  const fetch: Fetch = async (request) => {
    times.push(performance.now())
    requests.push(request.clone())
    return answers.shift()?.() ?? next(request)
  }
  return { fetch, times, requests }
}

describe("options", () => {
  test.each(["", undefined, "zzz", ` ${apiKey}`, `${apiKey}\n`, "x".repeat(39), `local-${"x".repeat(39)}`, `${"x".repeat(40)}!`])(
    "a key %j is refused, and not shown",
    (key) => {
      const call = () => wandb({ apiKey: key, env: noEnv })
      expect(call).toThrow(invalid("options.apiKey"))
      if (key) expect(call).not.toThrow(key.trim())
    },
  )

  test.each(["x".repeat(40), `local-${"0".repeat(40)}`, "aaa.bbb.ccc", apiKey])("a key %j is taken", (key) => {
    expect(wandb({ apiKey: key, env: noEnv }).name).toBe("W&B at api.wandb.ai")
  })

  test.each(["ftp://x", "not a url", "https://wandb.ai", "http://api.wandb.ai", "https://u:p@h", "https://h?a=1"])(
    "a base URL %j is refused",
    (url) => expect(() => wandb({ apiKey, baseUrl: url, env: noEnv })).toThrow(invalid("options.baseUrl")),
  )

  test("come from the environment, and those given win", async () => {
    const env = (name: string) =>
      ({ WANDB_API_KEY: apiKey, WANDB_BASE_URL: "http://h:1/p/", WANDB_ENTITY: "e", WANDB_PROJECT: "p" })[name]
    expect(await wandb({ env }).defaults()).toEqual({ entity: "e", project: "p" })
    expect(wandb({ env }).name).toBe("W&B at h:1")
    expect(await wandb({ env, entity: "x", project: "y" }).defaults()).toEqual({ entity: "x", project: "y" })
  })

  test("a misspelt one is named", () => {
    expect(() => wandb({ apiKey, env: noEnv, apikey: "x" } as never)).toThrow(invalid("options.apikey"))
  })

  test("nothing is asked before a method is called", async () => {
    const { fetch, requests } = answering(serve().server.fetch)
    const registry = connect(fetch, { entity: undefined })
    expect(requests).toEqual([])
    expect(await registry.defaults()).toEqual({ entity: "local", project: "uncategorized" })
    await registry.defaults()
    expect(requests).toHaveLength(1)
  })
})

describe("the key", () => {
  test("goes to the service and to no signed address", async () => {
    const { server } = serve()
    const { fetch, requests } = answering(server.fetch)
    const registry = connect(fetch)
    const member = await publish(registry, { a: "1" })
    const place = { ...field, index: 0, id: member.version.id }
    const content = await registry.openFile(place, { path: "a", digest: md5Of("1"), size: 1, birthArtifactId: undefined })
    await new Response(content.stream() as never).text()
    expect(requests.some(({ url }) => url.includes("/storage/"))).toBe(true)
    for (const { url, headers } of requests) {
      const expected = url.includes("/storage/") ? null : `Basic ${btoa(`api:${apiKey}`)}`
      expect(headers.get("authorization"), url).toBe(expected)
    }
  })

  test.each<[string, () => Response | Promise<Response>]>([
    [
      "words of the server",
      () => Response.json({ errors: [{ message: `bad key ${apiKey}, see http://h/p?sig=secret` }] }, { status: 403 }),
    ],
    ["a proxy's page", () => new Response(`<html>${apiKey}</html>`, { status: 404, headers: { "content-type": "text/html" } })],
    ["an error of the platform", () => Promise.reject(new TypeError(`failed to fetch http://h/p?sig=secret ${apiKey}`))],
    ["an answer that is no JSON", () => new Response(`oops ${apiKey}`)],
    ["a request id", () => Response.json({ data: null }, { headers: { "x-request-id": apiKey } })],
    ["a long request id", () => new Response("no", { status: 400, headers: { "x-request-id": `${"x".repeat(100)}${apiKey}` } })],
    ["letters of two bytes", () => Response.json({ error: Array.from(apiKey).join("\0") }, { status: 400 })],
    ["lines", () => Response.json({ error: btoa(`api:${apiKey}`).replace(/.{16}/g, "$&\r\n") }, { status: 400 })],
    ["an address's spelling", () => Response.json({ error: encodeURIComponent(btoa(`api:${apiKey}`)) }, { status: 400 })],
    ["an address with a password", () => Response.json({ error: "see https://ann:secret@h/p" }, { status: 400 })],
    ["401", () => Response.json({ errors: [{ message: "unauthorized" }] }, { status: 401 })],
  ])("is not told by an error made of %s", async (_, answer) => {
    const { fetch } = answering(async () => answer())
    const error = await connect(fetch, { retries: 1 })
      .findVersion(field)
      .catch((error: unknown) => error)
    expect(isArtifactError(error)).toBe(true)
    const told = everything(error).replace(/[\s\p{Cc}]/gu, "")
    const parts = [apiKey, btoa(`api:${apiKey}`)].map((secret) => secret.slice(0, 20))
    for (const secret of [...parts, "sig=", "secret"]) expect(told).not.toContain(secret)
  })

  test("is not told by an error made of a store's code", async () => {
    const letters = "SecretLetters".repeat(4)
    const registry = connect(async () => new Response(`<Code>${letters}</Code>`, { status: 400 }), { apiKey: letters })
    const error = await registry.findVersion(field).catch((error: unknown) => error)
    expect(error).toMatchObject({ details: { status: 400 } })
    expect(everything(error)).not.toContain(letters)
  })

  test.each([200, 400, 422])("is not told by what a hostile server says that an error concerns (%i)", async (status) => {
    const signed = "/storage/file?sig=secret&x=1"
    const bad = `${apiKey} ${btoa(`api:${apiKey}`)} http://h/p?sig=secret ${signed} \u001b[2J`
    const details = {
      ...{ argument: bad, path: `${"x".repeat(5000)}${bad}`, expected: bad, actual: signed, paths: Array(5000).fill(bad) },
      ...{ operation: bad, requestId: bad, status: bad, apiKey, nested: { apiKey } },
    }
    const answer = {
      data: null,
      errors: [{ message: bad.repeat(1000), extensions: { code: "INVALID_ARGUMENT", details } }, null, 3],
    }
    const headers = { "x-request-id": `r-${apiKey}` }
    const { fetch } = answering(async () => Response.json(answer, { status, headers }))
    const error = await connect(fetch)
      .findVersion(field)
      .catch((error: unknown) => error)
    expect(error).toMatchObject({ code: "INVALID_ARGUMENT", details: { status, requestId: "r-…" } })
    const told = everything(error)
    for (const secret of [apiKey, btoa(`api:${apiKey}`), "sig=", "secret", "\u001b", "\\u001b"]) expect(told).not.toContain(secret)
    const kept = (error as ArtifactError).details
    expect(kept.path).toHaveLength(2000)
    expect(kept.paths).toHaveLength(1000)
    expect((error as ArtifactError).message.length).toBeLessThan(1000)
    expect(Object.keys(kept).sort()).toEqual([
      "actual",
      "argument",
      "expected",
      "operation",
      "path",
      "paths",
      "requestId",
      "status",
    ])
  })

  test.each<[string, unknown]>([
    ["details that are none", { errors: [{ message: "no", extensions: { details: [3, null], code: {} } }] }],
    ["errors that are no list", { errors: { length: 7 }, data: null }],
    ["an error that is nothing", { errors: [null] }],
    ["a message that is none", { errors: [{ message: { toString: 1 } }] }],
  ])("%s are an error like any other", async (_, answer) => {
    const { fetch } = answering(async () => Response.json(answer))
    const message = expect.stringContaining("refused ArtifactMembershipByName")
    await expect(connect(fetch).findVersion(field)).rejects.toMatchObject({ code: "REGISTRY", message })
  })
})

/** An error's every word, and those of its causes. */
function everything(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return [error.name, error.message, error.stack, JSON.stringify(error), error.cause && everything(error.cause)].join("\n")
}

describe("errors", () => {
  test("tell operation, status and request id", async () => {
    const refuse = () =>
      Response.json({ errors: [{ message: "permission denied" }] }, { status: 403, headers: { "x-request-id": "r-1" } })
    const { fetch } = answering(serve().server.fetch, refuse)
    await expect(connect(fetch).createVersion(newVersion({}))).rejects.toMatchObject({
      code: "REGISTRY",
      message: expect.stringContaining("permission denied"),
      details: { operation: "CreateArtifact", status: 403, requestId: "r-1" },
    })
  })

  test("that stay are told after the last attempt", async () => {
    const { fetch, requests } = answering(async () => new Response(null, { status: 502 }))
    await expect(connect(fetch, { retries: 3 }).findVersion(field)).rejects.toMatchObject({ details: { status: 502 } })
    expect(requests).toHaveLength(4)
  })

  test("that are final are not tried again", async () => {
    for (const status of [400, 401, 403, 404, 409, 410, 413, 422, 501]) {
      const { fetch, requests } = answering(async () => new Response("no", { status }))
      await connect(fetch)
        .createVersion(newVersion({}))
        .catch(() => undefined)
      expect(requests, `${status}`).toHaveLength(1)
    }
  })

  test("a run that is being made by another is waited for", async () => {
    const { fetch, requests } = answering(serve().server.fetch, () => new Response(null, { status: 409 }))
    await connect(fetch).upsertRun({ ...project, run: "r" })
    expect(requests).toHaveLength(2)
  })
})

describe("a busy server", () => {
  test("that says when is obeyed by every request", async () => {
    const { server } = serve()
    const { fetch, times } = answering(server.fetch, () => new Response(null, { status: 429, headers: { "retry-after": "0.3" } }))
    const registry = connect(fetch)
    const first = registry.findVersion(field)
    await new Promise((resolve) => setTimeout(resolve, 50))
    await Promise.all([first, registry.findVersion(field), registry.getVersion("QXJ0aWZhY3Q6MQ==")])
    expect(times).toHaveLength(4)
    for (const time of times.slice(1)) expect(time - times[0]!).toBeGreaterThan(290)
  })

  test("that wants too long a pause ends in an error, for nobody but who asked", { timeout: 10_000 }, async () => {
    const { fetch, requests } = answering(
      serve().server.fetch,
      () => new Response(null, { status: 503, headers: { "retry-after": "86400" } }),
    )
    const registry = connect(fetch)
    await expect(registry.findVersion(field)).rejects.toMatchObject({ details: { status: 503 } })
    expect(requests).toHaveLength(1)
    expect(await registry.findVersion(field)).toBeUndefined()
  })

  test("is sent fewer at once", async () => {
    let flying = 0
    let most = 0
    let refusing = true
    const { server } = serve()
    const fetch: Fetch = async (request) => {
      most = Math.max(most, ++flying)
      await new Promise((resolve) => setTimeout(resolve, 5))
      flying--
      return refusing ? new Response(null, { status: 429, headers: { "retry-after": "0" } }) : server.fetch(request)
    }
    const registry = connect(fetch, { retries: 20 })
    const burst = () => Promise.all(Array.from({ length: 64 }, () => registry.findVersion(field)))
    setTimeout(() => {
      refusing = false
    }, 100)
    await burst()
    const before = most
    most = 0
    refusing = true
    setTimeout(() => {
      refusing = false
    }, 20)
    await burst()
    expect(before).toBe(32)
    expect(most).toBeLessThan(before)
  })
})

describe("transfers", () => {
  const large = "0123456789".repeat(150_000)

  async function stored() {
    const { server } = serve()
    const member = await publish(connect(server.fetch), { large })
    const place = { ...field, index: 0, id: member.version.id }
    return { server, place, file: { path: "large", digest: md5Of(large), size: large.length, birthArtifactId: undefined } }
  }

  test("a download that breaks goes on where it was", async () => {
    const { server, place, file } = await stored()
    const ranges: (string | null)[] = []
    const registry = connect(async (request) => {
      const response = await server.fetch(request)
      if (!request.url.includes("/storage/file")) return response
      ranges.push(request.headers.get("range"))
      if (ranges.length > 4) return response
      let given = 0
      const cut = new TransformStream<Uint8Array, Uint8Array>({
        transform(chunk, controller) {
          given += chunk.byteLength
          controller.enqueue(chunk)
          if (given > 200_000) controller.error(new TypeError("terminated"))
        },
      })
      return new Response(response.body!.pipeThrough(cut as never), response)
    })
    const content = await registry.openFile(place, file)
    expect(await new Response(content.stream() as never).text()).toBe(large)
    expect(ranges[0]).toBeNull()
    expect(ranges).toHaveLength(5)
    for (const range of ranges.slice(1)) expect(range).toMatch(/^bytes=[1-9]\d*-1499999$/)
  })

  test("a store that never ends its answer is let go of once the bytes are there", { timeout: 20_000 }, async () => {
    const { server, place, file } = await stored()
    let cancelled = false
    const registry = connect(async (request) => {
      const response = await server.fetch(request)
      if (!request.url.includes("/storage/file")) return response
      const reader = response.body!.getReader()
      const unending = new ReadableStream({
        async pull(controller) {
          const { done, value } = await reader.read()
          if (done) await new Promise(() => undefined)
          controller.enqueue(value)
        },
        cancel() {
          cancelled = true
        },
      })
      return new Response(unending, response)
    })
    const content = await registry.openFile(place, file)
    expect(await new Response(content.stream() as never).text()).toBe(large)
    expect(cancelled).toBe(true)
  })

  test("a server that knows no ranges is read from its start", async () => {
    const { server, place, file } = await stored()
    const registry = connect((request) => {
      const headers = new Headers(request.headers)
      headers.delete("range")
      return server.fetch(new Request(request, { headers }))
    })
    const content = await registry.openFile(place, file)
    const read = content.stream({ range: { start: 700_001, end: 700_011 } })
    expect(await new Response(read as never).text()).toBe("1234567890")
  })

  test("opening a file asks nothing, and many at once ask once", async () => {
    const { server } = serve()
    const files = Object.fromEntries(Array.from({ length: 40 }, (_, at) => [`f${at}`, `${at}`]))
    const member = await publish(connect(server.fetch), files)
    const { fetch, requests } = answering(server.fetch)
    const registry = connect(fetch)
    const place = { ...field, index: 0, id: member.version.id }
    const opened = await Promise.all(
      Object.entries(files).map(([path, text]) =>
        registry.openFile(place, { path, digest: md5Of(text), size: text.length, birthArtifactId: undefined }),
      ),
    )
    expect(requests).toHaveLength(0)
    const texts = await Promise.all(opened.map((content) => new Response(content.stream() as never).text()))
    expect(texts).toEqual(Object.values(files))
    // One asks for these by name, one for the first page of all: whoever reads so many will read on.
    expect(requests.filter(({ url }) => url.endsWith("/graphql"))).toHaveLength(2)
  })

  test("an address that goes on refusing is replaced by the service's own, which needs the key", async () => {
    const { server, place, file } = await stored()
    const own: Request[] = []
    const registry = connect((request) => {
      if (request.url.includes("/storage/file")) return Promise.resolve(new Response(null, { status: 403 }))
      if (request.url.includes("/artifactsV2/")) own.push(request)
      return server.fetch(request)
    })
    const content = await registry.openFile(place, file)
    expect(await new Response(content.stream() as never).text()).toBe(large)
    expect(own).toHaveLength(1)
    expect(own[0]!.headers.get("authorization")).toMatch(/^Basic /)
    expect(own[0]!.url.startsWith(`${baseUrl}/artifactsV2/default/local/birds/field/`)).toBe(true)
  })

  test.each([
    ['"storageLayout":"V2","storageRegion":"eu west"', /\/base\/artifactsV2\/eu%20west\/local\/birds\/field\//],
    ['"storageLayout":"V1"', /\/base\/artifacts\/local\/[0-9a-f]{32}$/],
    ["", /\/base\/artifacts\/local\/[0-9a-f]{32}$/],
  ])("the service's own address follows what the manifest says of its storage: %s", async (config, own) => {
    const { server } = serve()
    const files = { small: "1" }
    const { fetch, requests } = answering((request) =>
      request.url.includes("/storage/file") ? Promise.resolve(new Response(null, { status: 403 })) : server.fetch(request),
    )
    const registry = connect(fetch)
    const { id } = await registry.createVersion(newVersion(files))
    await upload(registry, id, files)
    const manifest = uploadOf(manifestOf(files))
    await registry.storeManifest(id, { ...manifest, json: manifest.json.replace('"storageLayout":"V2"', config) })
    await registry.commitVersion(id)
    await registry.getManifest(id)
    const file = { path: "small", digest: md5Of("1"), size: 1, birthArtifactId: id }
    const content = await registry.openFile({ ...field, index: 0, id }, file)
    expect(await new Response(content.stream() as never).text()).toBe("1")
    expect(requests.map(({ url }) => url)).toContainEqual(expect.stringMatching(own))
  })

  test("an abort ends a read at once, with its reason", async () => {
    const { server, place, file } = await stored()
    const registry = connect((request) =>
      request.url.includes("/storage/") ? new Promise(() => undefined) : server.fetch(request),
    )
    const stop = new AbortController()
    const content = await registry.openFile(place, file)
    const reading = new Response(content.stream({ signal: stop.signal }) as never).text()
    const reason = new Error("enough")
    setTimeout(() => stop.abort(reason), 20)
    await expect(reading).rejects.toBe(reason)
  })

  test.each([429, 500, 503])("what can be read once only is sent once, proven on its way, and never twice (%i)", async (status) => {
    const { server } = serve()
    const digest: Digest = md5Of(large)
    const once = (text: string) => ({ stability: "once" as const, stream: () => bytesStream(new TextEncoder().encode(text)) })
    let puts = 0
    const registry = connect((request) => {
      if (request.method === "PUT" && ++puts === 1) return Promise.resolve(new Response(null, { status }))
      return server.fetch(request)
    })
    const pending = await registry.createVersion(newVersion({ large }))
    const ask = async () => (await registry.requestUploads(pending.id, [{ path: "large", digest, size: large.length }]))[0]!
    await expect((await ask()).put!(once(large))).rejects.toMatchObject({ code: "REGISTRY", details: { status } })
    expect(puts).toBe(1)
    await expect((await ask()).put!(once(large.replace("9", "8")))).rejects.toMatchObject({ code: "DIGEST_MISMATCH" })
    await expect((await ask()).put!(once(large.slice(1)))).rejects.toMatchObject({ code: "DIGEST_MISMATCH" })
    await (await ask()).put!(once(large))
    expect((await ask()).put).toBeUndefined()
  })

  test("a store that is not told the length of a stream gets the bytes gathered", async () => {
    const { server } = serve()
    let refused = 0
    const registry = connect(async (request) => {
      if (request.method !== "PUT" || request.headers.get("content-length") === null) return server.fetch(request)
      await request.body?.cancel()
      refused++
      return new Response("<Error><Code>NotImplemented</Code></Error>", { status: 501 })
    })
    const text = large.slice(0, 1_200_000)
    const pending = await registry.createVersion(newVersion({ large: text }))
    const [ticket] = await registry.requestUploads(pending.id, [{ path: "large", digest: md5Of(text), size: text.length }])
    const { bytes: _, ...streamed } = textContent(text)
    await ticket!.put!(streamed)
    expect(refused).toBe(1)
  })

  test("an upload can be signed for somebody else to send", async () => {
    const { server } = serve()
    const registry = connect(server.fetch)
    const pending = await registry.createVersion(newVersion({ a: "1" }))
    const request = { path: "a", digest: md5Of("1"), size: 1 }
    const [ticket] = await registry.requestUploads(pending.id, [request])
    const { url, headers } = await ticket!.sign!({ expiresInSeconds: 60 })
    expect((await server.fetch(new Request(url, { method: "PUT", headers, body: "1" }))).ok).toBe(true)
    expect((await registry.requestUploads(pending.id, [request]))[0]!.put).toBeUndefined()
  })

  test("a version begun by another client can be gone on with", async () => {
    const { server } = serve()
    const pending = await connect(server.fetch).createVersion(newVersion({ a: "1" }))
    const [ticket] = await connect(server.fetch).requestUploads(pending.id, [{ path: "a", digest: md5Of("1"), size: 1 }])
    await ticket!.put!(textContent("1"))
    expect((await connect(server.fetch).getVersion(pending.id))?.state).toBe("PENDING")
  })
})

test("an address that is to serve for less than the server gives is refused", async () => {
  const registry = connect(serve().server.fetch)
  const member = await publish(registry, { a: "1" })
  const place = { ...field, index: 0, id: member.version.id }
  const file = { path: "a", digest: md5Of("1"), size: 1, birthArtifactId: undefined }
  expect(await registry.fileUrl!(place, file)).toMatch(/\/storage\/file/)
  const refused = { code: "UNSUPPORTED", message: expect.stringContaining("leave out expiresInSeconds") }
  await expect(registry.fileUrl!(place, file, { expiresInSeconds: 60 })).rejects.toMatchObject(refused)
})

describe("addresses for people", () => {
  test("name the version's page", async () => {
    const registry = connect(serve().server.fetch)
    const member = await publish(registry, { a: "1" })
    expect(registry.versionUrl(member)).toBe(`${baseUrl}/local/birds/artifacts/dataset/field/v0`)
    const linked = await registry.link(member.version.id, { entity: "org", project: "wandb-registry-model", collection: "zoo" }, [])
    expect(registry.versionUrl(linked)).toBe(
      `${baseUrl}/orgs/org/registry/model?selectionPath=org%2Fwandb-registry-model%2Fzoo&view=membership&version=v0`,
    )
    const cloud = wandb({ apiKey, env: noEnv })
    expect(cloud.versionUrl(member)).toBe("https://wandb.ai/local/birds/artifacts/dataset/field/v0")
  })
})

test("a redirect is followed without the key, whatever the runtime would do", async () => {
  const seen: (readonly [string, string, string | null, string | null])[] = []
  const fetch = async (request: Request) => {
    seen.push([request.url, request.redirect, request.headers.get("authorization"), request.headers.get("range")])
    if (seen.length > 1) return new Response("bytes")
    return new Response(null, { status: 302, headers: { location: "https://bucket.test/x" } })
  }
  const clean = (text: string) => text
  const http = createHttp({ server: "s", retries: 0, retryDelayMs: 1, timeoutMs: 5000, stallMs: 5000, fetch, clean })
  const headers = { authorization: "Basic key", range: "bytes=1-" }
  const { response, watch } = await http.open({ operation: "o", method: "GET", url: "https://api.test/a", headers }, undefined)
  watch.stop()
  expect(await response.text()).toBe("bytes")
  expect(seen).toEqual([
    ["https://api.test/a", "manual", "Basic key", "bytes=1-"],
    ["https://bucket.test/x", "follow", null, "bytes=1-"],
  ])
})
