/** The pages of a server: what each shows, whom it shows it to, and that every link in them leads somewhere. */
import { describe, expect, test } from "vitest"
import { createServer } from "../../src/server/server.ts"
import { createVisitor, inhabited, logVersion, populate } from "./pages-fixture.ts"
import { annsKey, basic, bensKey, createSite, origin, secret } from "./site.ts"

const start = "/ann/birds/artifacts/dataset/field"

const plain = (text: string) =>
  text.replace(/&(amp|lt|gt|quot|#39);/g, (_, name: string) => ({ amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'" })[name]!)
/** What a reader sees: without tags, with its white space tidied. */
const readable = (page: string) => plain(page.replace(/<[^>]*>/g, " ")).replace(/\s+/g, " ")
const linksOf = (page: string) => [...page.matchAll(/ (?:href|src|action)="([^"]*)"/g)].map(([, link]) => plain(link!))

describe("pages", () => {
  test.each([
    ["/", ["Recent", "Projects", "birds", "Registries", "model"]],
    ["/ann", ["birds", "model"]],
    ["/ann/birds", ["dataset", "field", "classifier", "report", "best"]],
    ["/ann/birds/artifacts/model", ["classifier"]],
    [start, ["v0", "v1", "best", "spring", "raw data"]],
    [`${start}/v1`, ["Field season, all sites.", "48000", "site.name", "Logged by", "the gather-more run", "api.artifact"]],
    [`${start}/v1/files`, ["a.csv", "media/", "notes/", "web.html", "reference"]],
    [`${start}/v1/files/media`, ["images/", "audio/", "1 file"]],
    [`${start}/v1/files/a.csv`, ["robin", "wren, winter", "11"]],
    [`${start}/v1/files/rows.tsv`, ["a", "2"]],
    [`${start}/v1/files/settings.json`, ['"rate": 1']],
    [`${start}/v1/files/seen.table.json`, ["picture", "0.93", '{"nested":true}']],
    [`${start}/v1/files/notes/readme.md`, ["# Field notes"]],
    [`${start}/v1/files/empty.txt`, ["The file is empty."]],
    [`${start}/v1/files/bin/data.bin`, ["no preview", "Download"]],
    [`${start}/v1/files/web.html`, ["https://birds.example/list?a=1&b=2"]],
    [`${start}/v1/files/raw`, ["s3://bucket/raw"]],
    [`${start}/v1/lineage`, ["the gather-more run", "the train run", "classifier:v0", "report:v0"]],
    ["/ann/birds/runs/train", ["field:v0", "field:v1", "classifier:v0", "layers", "[64,32]", "night", "finished"]],
    ["/ann/wandb-registry-model", ["Registry", "birds", "production"]],
    ["/ann/wandb-registry-model/artifacts/model/birds/v0", ["classifier:v0", "production"]],
    ["/ann/birds/artifacts/model/classifier/v0", ["Linked to", "birds:v0"]],
  ])("%s", async (address, words) => {
    const { ann } = await inhabited()
    const response = await ann.get(address)
    expect(response.status).toBe(200)
    const text = readable(await response.text())
    for (const word of words) expect(text).toContain(word)
  })

  test("show pictures, sound and film from their own address", async () => {
    const { ann } = await inhabited()
    for (const [file, tag, type] of [
      ["media/images/robin.png", "img", "image/png"],
      ["media/audio/call.wav", "audio", "audio/wav"],
      ["media/videos/flight.mp4", "video", "video/mp4"],
    ]) {
      const address = `${start}/v1/files/${file}`
      expect(await ann.text(address)).toMatch(new RegExp(`<${tag} [^>]*src="${address}\\?raw"`))
      const bytes = await ann.get(`${address}?raw`)
      expect([bytes.status, bytes.headers.get("content-type")]).toEqual([200, type])
      expect(bytes.headers.get("content-security-policy")).toBe("sandbox")
      expect(bytes.headers.get("cache-control")).toBe("private, no-cache")
    }
    expect(await ann.text(`${start}/v1/files/seen.table.json`)).toContain(`src="${start}/v1/files/media/images/robin.png?raw"`)
  })

  test("have one address for one version", async () => {
    const { ann, site } = await inhabited()
    await logVersion(site.registry, "yearly", { type: "report/of/all", files: { a: "1" } })
    for (const [asked, given] of [
      [`${start}/latest`, `${start}/v1`],
      [`${start}/best/files/a.csv?raw`, `${start}/v1/files/a.csv?raw=`],
      ["/ann/birds/artifacts/model/field/v0/lineage", `${start}/v0/lineage`],
      ["/ann/birds/artifacts/model/field", start],
      ["/orgs/ann/registry/model?selectionPath=ann%2Fbirds%2Ffield&view=membership&version=v0", `${start}/v0`],
      ["/ann/birds/workspace", "/ann/birds"],
      ["/ann/birds/artifacts/report/of/all/yearly/v0", "/ann/birds/artifacts/report%2Fof%2Fall/yearly/v0"],
      ["/ann/birds/artifacts/report/of/all/yearly/latest", "/ann/birds/artifacts/report%2Fof%2Fall/yearly/v0"],
      ["/ann/registry/model?selectionPath=ann%2Fbirds%2Ffield&view=membership&version=best", `${start}/v1`],
    ]) {
      const response = await ann.get(asked!)
      expect([asked, response.status, response.headers.get("location")]).toEqual([asked, 302, origin + given])
    }
  })

  test.each([
    "/zoe",
    "/ann/none",
    "/ann/birds/other",
    "/ann/birds/runs",
    "/ann/birds/runs/none",
    `${start}x`,
    `${start}/v7`,
    `${start}/worst`,
    `${start}/v0/other`,
    "/ann/birds/workspace/x",
    "/ann/birds/artifacts/data/set/field/v0",
    `${start}/v0/lineage/x`,
    `${start}/v0/files/none`,
    `${start}/v0/files/a.csv/x`,
    `${start}/v1/files/web.html?raw`,
    "/ann//birds",
    "/%E0%A4%A",
    "/ann/birds/artifacts/dataset/field/v0/files/..%2F..%2Fetc",
  ])("%s is nothing", async (address) => {
    const { ann, site } = await inhabited()
    const response = await ann.get(address)
    expect(response.status).toBe(404)
    expect(response.headers.get("content-type")).toContain("text/html")
    expect(site.told).toEqual([])
  })

  test("lead only to what is there", async () => {
    const { ann, site } = await inhabited()
    const seen = new Set<string>()
    const open = ["/"]
    for (let address = open.pop(); address !== undefined; address = open.pop()) {
      if (seen.has(address)) continue
      seen.add(address)
      const response = await ann.get(address)
      expect([address, response.status]).toEqual([address, expect.toSatisfy((status: number) => status === 200 || status === 302)])
      const page = await response.text()
      if (!response.headers.get("content-type")?.startsWith("text/html")) continue
      for (const link of linksOf(page)) {
        const url = new URL(link, origin + address)
        if (url.origin === origin && url.pathname !== "/logout") open.push(url.pathname + url.search)
      }
    }
    expect(seen.size).toBeGreaterThan(60)
    expect(site.told).toEqual([])
  })

  test("answer HEAD without a body, and nothing that would change something", async () => {
    const { site, ann } = await inhabited()
    const ask = (method: string) =>
      site.server.fetch(new Request(`${origin}${start}/v0`, { method, headers: { cookie: ann.cookie! } }))
    const head = await ask("HEAD")
    expect([head.status, await head.text()]).toEqual([200, ""])
    for (const method of ["POST", "PUT", "DELETE", "PATCH"]) expect((await ask(method)).status).toBe(404)
  })

  test("are found below the path that a server is mounted at", async () => {
    const site = createSite({ baseUrl: "https://host.test/lab/" })
    await populate(site.registry)
    const ann = createVisitor(site, "https://host.test")
    const signedIn = await ann.post("/lab/login", { key: annsKey, to: "/lab/ann/birds" })
    expect(signedIn.headers.get("location")).toBe("https://host.test/lab/ann/birds")
    expect(signedIn.headers.get("set-cookie")).toMatch(/Path=\/lab\/; .*; Secure$/)
    const page = await ann.text("/lab/ann/birds/")
    for (const link of linksOf(page)) expect(link).toMatch(/^(\/lab\/|#)/)
    expect((await ann.get(linksOf(page).find((link) => link.endsWith(".css"))!)).status).toBe(200)
    expect((await ann.get("/ann/birds")).status).toBe(404)
  })

  test("report damage instead of showing it", async () => {
    const { site, ann } = await inhabited()
    const { openFile } = site.registry
    const registry = {
      ...site.registry,
      openFile: async (...args: Parameters<typeof openFile>) => {
        const content = await openFile(...args)
        const { bytes: _, ...rest } = content
        const stream = () => new Response('name,count\nROBIN,4\n"wren, winter",11\n').body!
        return { ...rest, stream }
      },
    }
    const { fetch } = createSite({ registry })
    const response = await fetch(`${start}/v1/files/a.csv`, { headers: { cookie: ann.cookie! } })
    const page = await response.text()
    expect(response.status).toBe(400)
    expect(page).toContain("a.csv")
    expect(page).not.toContain("ROBIN")
  })
})

describe("comparing", () => {
  test("tells what was added, removed and changed, and nothing else", async () => {
    const { ann } = await inhabited()
    const page = await ann.text(`${start}/v1?compare=v0`)
    const rows = [...page.matchAll(/<tr><th scope="row">(.*?)<\/tr>/gs)].map(([row]) => readable(row!).trim())
    const change = (row: string) =>
      row
        .replace(/(\d+ B)/g, "$1")
        .split(" ")
        .slice(0, 2)
        .join(" ")
    expect(readable(page)).toContain("10 added 1 removed 1 changed 1 the same")
    expect(rows.map(change)).toEqual([
      "a.csv changed",
      "bin/data.bin added",
      "empty.txt added",
      "media/audio/call.wav added",
      "media/images/robin.png added",
      "media/videos/flight.mp4 added",
      "raw added",
      "rows.tsv added",
      "seen.table.json added",
      "settings.json added",
      "web.html added",
      "gone.txt removed",
      "hz changed",
      "site.depth removed",
      "added added",
    ])
    expect(rows).toContain("gone.txt removed 4 B –")
    expect(rows).toContain("hz changed 44100 48000")
    expect(rows).toContain("bin/data.bin added – 64 B")
  })

  test("starts with the version before, and says so when there is no such version", async () => {
    const { ann } = await inhabited()
    expect(await ann.text(`${start}/v1?compare=`)).toContain('<option value="v0" selected>')
    expect(await ann.text(`${start}/v0?compare=best`)).toContain('<option value="v1" selected>')
    expect(readable(await ann.text(`${start}/v1?compare=v9`))).toContain("There is no version v9")
    expect(readable(await ann.text("/ann/birds/artifacts/report/report/v0?compare="))).toContain("This is the only version.")
    expect(readable(await ann.text(`${start}/v1?compare=v1`))).toContain("0 added 0 removed 0 changed 12 the same")
  })

  test("keeps apart what only looks alike in metadata", async () => {
    const site = createSite()
    await logVersion(site.registry, "m", { files: { a: "1" }, metadata: { "a.b": 1, n: 1, deep: { x: null } } })
    await logVersion(site.registry, "m", { files: { a: "2" }, metadata: { a: { b: 1 }, n: "1", deep: { x: {} } } })
    const ann = createVisitor(site)
    await ann.signIn()
    const text = readable(await ann.text("/ann/birds/artifacts/dataset/m/v1?compare=v0"))
    expect(text).toContain('["a.b"] removed 1 – n changed 1 1 deep.x changed null {} a.b added – 1')
  })
})

describe("large artifacts", () => {
  test("are shown in pages, and their manifest is read once", async () => {
    const site = createSite()
    const files = Object.fromEntries(Array.from({ length: 1250 }, (_, at) => [`d/${String(at).padStart(5, "0")}.txt`, "same"]))
    await logVersion(site.registry, "many", { files: { ...files, "top.txt": "top" } })
    let reads = 0
    const registry = {
      ...site.registry,
      getManifest: (...args: Parameters<typeof site.registry.getManifest>) => {
        reads++
        return site.registry.getManifest(...args)
      },
    }
    const ann = createVisitor(createSite({ registry }))
    await ann.signIn()
    const many = "/ann/birds/artifacts/dataset/many/v0/files"
    const root = await ann.text(many)
    expect(root.match(/<th scope="row">/g)).toHaveLength(2)
    expect(readable(root)).toContain("1,250 files")
    const names: string[] = []
    for (let next: string | undefined = `${many}/d`; next !== undefined; ) {
      const page = await ann.text(next)
      const rows = [...page.matchAll(/<th scope="row">(.*?)<\/th>/g)].map(([, cell]) => readable(cell!).trim())
      expect(rows.length).toBeLessThanOrEqual(200)
      names.push(...rows)
      const link = /<a href="([^"]*)" rel="next">/.exec(page)?.[1]
      next = link && plain(link)
    }
    expect(names).toEqual(Object.keys(files).map((path) => path.slice(2)))
    expect(reads).toBe(1)
  })

  test("with many users are drawn as far as a picture can say something", async () => {
    const site = createSite()
    await logVersion(site.registry, "field", { files: { a: "1" } })
    for (let at = 0; at < 15; at++) {
      await logVersion(site.registry, `model-${at}`, { run: `run-${at}`, files: { a: "2" }, uses: ["field:v0"] })
    }
    const ann = createVisitor(site)
    await ann.signIn()
    const page = await ann.text(`${start}/v0/lineage`)
    const picture = /<svg.*<\/svg>/s.exec(page)![0]
    expect(picture.match(/class="node run"/g)).toHaveLength(13)
    expect(picture.match(/and more …/g)).toHaveLength(1)
    const list = page.slice(page.indexOf("</svg>"))
    for (let at = 0; at < 15; at++) expect(readable(list)).toContain(`the run-${at} run`)
  })

  test("with long files show their start", async () => {
    const site = createSite()
    const csv = `n\n${Array.from({ length: 900 }, (_, at) => at).join("\n")}\n`
    const big = JSON.stringify({ text: "é".repeat(3_000_000) })
    const wide = `${"[".repeat(2000)}${Array(200_000).fill("0").join(",")}${"]".repeat(2000)}`
    const files = { "n.csv": csv, "t.txt": `x${"é".repeat(200_000)}`, "big.json": big, "wide.json": wide }
    await logVersion(site.registry, "long", { files })
    const ann = createVisitor(site)
    await ann.signIn()
    const long = "/ann/birds/artifacts/dataset/long/v0/files"
    const page = await ann.text(`${long}/n.csv`)
    expect(readable(page)).toContain("Only the first 200 rows are shown")
    expect(page.match(/<th scope="row">/g)).toHaveLength(200)
    for (const file of ["t.txt", "big.json", "wide.json"]) {
      const text = await ann.text(`${long}/${file}`)
      expect(readable(text)).toContain("characters are shown; download")
      expect(text.length).toBeLessThan(300_000)
      expect(text).not.toContain("\ufffd")
    }
  })
})

test.each([
  ["columns.table.json", '{"columns":[{"toString":1},5,null,"name"],"data":[[1,2,3,4]]}', ['{"toString":1}', "5", "null", "name"]],
  [
    "cells.table.json",
    `{"columns":["a"],"data":[[{"toString":1}],[{"toJSON":1}],[${"[".repeat(50_000)}${"]".repeat(50_000)}]]}`,
    ['{"toJSON":1}', "[[[["],
  ],
  ["deep.json", "[".repeat(100_000) + "]".repeat(100_000), ["the first 262,144 characters are shown"]],
])("whatever JSON a file holds, its page shows it: %s", async (name, json, words) => {
  const site = createSite()
  await logVersion(site.registry, "odd", { files: { [name]: json } })
  const ann = createVisitor(site)
  await ann.signIn()
  const page = await ann.get(`/ann/birds/artifacts/dataset/odd/v0/files/${name}`)
  expect([page.status, site.told]).toEqual([200, []])
  const text = readable(await page.text())
  for (const word of words) expect(text).toContain(word)
})

test("a page says a long name of metadata once, not for each value below it", async () => {
  const site = createSite()
  const values = Object.fromEntries(Array.from({ length: 400 }, (_, at) => [`k${at}`, at]))
  await logVersion(site.registry, "long", { files: { a: "1" }, metadata: { ["n".repeat(20_000)]: values } })
  const ann = createVisitor(site)
  await ann.signIn()
  expect((await ann.text("/ann/birds/artifacts/dataset/long/v0")).length).toBeLessThan(100_000)
})

describe("whoever looks", () => {
  test("needs a session: without one each page is a form, and the same for what is not there", async () => {
    const { site } = await inhabited()
    const nobody = createVisitor(site)
    const forms: string[] = []
    for (const address of ["/", "/ann/birds", `${start}/v1/files/a.csv?raw`, "/ann/none", "/zoe/x/y"]) {
      const response = await nobody.get(address)
      expect([address, response.status]).toEqual([address, 401])
      forms.push((await response.text()).replace(/name="to" value="[^"]*"/, ""))
    }
    expect(new Set(forms).size).toBe(1)
  })

  test("a program's key in a header is no session", async () => {
    const { site } = await inhabited()
    expect((await site.fetch(start, { key: annsKey })).status).toBe(401)
  })

  test("with another tenant's key sees nothing of it", async () => {
    const { site } = await inhabited()
    await logVersion(site.registry, "secret", { files: { a: "1" } })
    const ben = createVisitor(site)
    expect((await ben.signIn(bensKey)).status).toBe(303)
    for (const address of [
      "/ann",
      "/ann/birds",
      "/ann/birds/artifacts/dataset",
      start,
      `${start}/v1`,
      `${start}/latest`,
      `${start}/v1?compare=v0`,
      `${start}/v1/files`,
      `${start}/v1/files/a.csv`,
      `${start}/v1/files/a.csv?raw`,
      `${start}/v1/lineage`,
      "/ann/birds/runs/train",
      "/ann/wandb-registry-model",
      "/orgs/ann/registry/model?selectionPath=ann%2Fbirds%2Ffield&version=v0",
    ]) {
      const response = await ben.get(address)
      expect([address, response.status]).toEqual([address, 404])
      expect(await response.text()).not.toMatch(/field|secret|gather/)
    }
    expect(readable(await ben.text("/"))).not.toMatch(/birds|field/)
  })

  test("with a token sees its collection and no other, until it ends", async () => {
    const { site } = await inhabited()
    const scope = { entity: "ann", project: "birds", collection: "field" }
    const token = await site.server.issueToken({ ...scope, actions: ["read"], expiresInSeconds: 60 })
    const visitor = createVisitor(site)
    expect((await visitor.signIn(token)).status).toBe(303)
    expect((await visitor.get(`${start}/v1`)).status).toBe(200)
    expect((await visitor.get("/ann/birds/artifacts/model/classifier/v0")).status).toBe(404)
    expect(readable(await visitor.text("/ann/birds"))).not.toContain("classifier")
    expect(readable(await visitor.text(`${start}/v1/lineage`))).not.toContain("classifier")
    site.clock.at += 61_000
    expect((await visitor.get(`${start}/v1`)).status).toBe(401)
    const blind = createVisitor(site)
    await blind.signIn(await site.server.issueToken({ ...scope, actions: ["write"], expiresInSeconds: 60 }))
    expect((await blind.get(`${start}/v1`)).status).toBe(404)
  })
})

describe("signing in", () => {
  test("whoever looks for a key is told who has them", async () => {
    const { fetch } = createSite()
    const response = await fetch("/authorize?ref=models")
    expect([response.status, readable(await response.text())]).toEqual([
      200,
      expect.stringContaining("handed out by whoever runs it"),
    ])
  })

  test("leads back to the page that was asked for, and keeps the key nowhere", async () => {
    const { site } = await inhabited()
    const visitor = createVisitor(site)
    const asked = `${start}/v1/files/a.csv?x=1&y=%22`
    const form = await visitor.text(asked)
    const to = plain(/name="to" value="([^"]*)"/.exec(form)![1]!)
    expect(to).toBe(asked)
    const answer = await visitor.post("/login", { key: ` ${annsKey} `, to })
    expect([answer.status, answer.headers.get("location")]).toEqual([303, origin + asked])
    const cookie = answer.headers.get("set-cookie")!
    expect(cookie).toMatch(/^isofact_session=[\w.-]+; Path=\/; Max-Age=28800; HttpOnly; SameSite=Strict$/)
    expect(atob(cookie.slice(16).split(".")[0]!.replaceAll("-", "+").replaceAll("_", "/"))).not.toContain(annsKey)
    expect((await visitor.get(asked)).status).toBe(200)
  })

  test.each([
    "https://evil.example/",
    "//evil.example/",
    "/\\evil.example/",
    "/.//evil.example/",
    "\\\\evil.example",
    "javascript:alert(1)",
    "/\t/evil.example",
    "",
  ])("never leads to another host: %j", async (to) => {
    const { site } = await inhabited()
    const answer = await createVisitor(site).post("/login", { key: annsKey, to })
    expect(answer.status).toBe(303)
    expect(new URL(answer.headers.get("location")!).origin).toBe(origin)
  })

  test("with a key that is not known is a form again, which does not hold it", async () => {
    const { site } = await inhabited()
    const visitor = createVisitor(site)
    for (const key of ["x".repeat(40), "", "isofact.a.b", "<b>"]) {
      const answer = await visitor.post("/login", { key, to: start })
      const page = await answer.text()
      expect([answer.status, answer.headers.get("set-cookie")]).toEqual([401, null])
      expect(page).toContain("This server does not know that key.")
      expect(page).toContain(`name="to" value="${start}"`)
      if (key !== "") expect(page).not.toContain(key)
    }
    expect(site.told).toEqual([])
  })

  test.each([
    ["another site's", { "sec-fetch-site": "cross-site" }],
    ["a neighbour's", { "sec-fetch-site": "same-site", origin }],
    ["one typed in", { "sec-fetch-site": "none" }],
    ["one of an old browser and another origin", { origin: "https://evil.example" }],
    ["one of an opaque origin", { origin: "null" }],
    ["one that does not say", {}],
  ])("takes no form but its own: %s", async (_, headers) => {
    const { site } = await inhabited()
    const visitor = createVisitor(site)
    const answer = await visitor.post("/login", { key: annsKey, to: "/" }, headers)
    expect([answer.status, answer.headers.get("set-cookie")]).toEqual([403, null])
    expect((await visitor.post("/logout", {}, headers)).headers.get("set-cookie")).toBeNull()
  })

  test("takes its own form from browsers that name only the origin", async () => {
    const { site } = await inhabited()
    expect((await createVisitor(site).post("/login", { key: annsKey, to: "/" }, { origin })).status).toBe(303)
  })

  test("ends with signing out, and by itself after eight hours", async () => {
    const { site, ann } = await inhabited()
    const { cookie } = ann
    const answer = await ann.post("/logout", {})
    expect(answer.headers.get("set-cookie")).toMatch(/^isofact_session=; .*Max-Age=0/)
    expect(answer.headers.get("location")).toBe(`${origin}/login`)
    expect((await ann.get("/")).status).toBe(401)
    ann.cookie = cookie
    site.clock.at += 8 * 3600_000 - 1000
    expect((await ann.get("/")).status).toBe(200)
    site.clock.at += 2000
    expect((await ann.get("/")).status).toBe(401)
  })

  test("is proven by a cookie that cannot be altered, or made for something else", async () => {
    const { site, ann } = await inhabited()
    const [name, text] = ann.cookie!.split("=") as [string, string]
    const [payload, mac] = text.split(".") as [string, string]
    const other = JSON.stringify({ who: { entity: "ann", username: "ann", entities: "*" }, until: 9e9 })
    const token = await site.server.issueToken({ entity: "ann", project: "birds", actions: ["read"], expiresInSeconds: 60 })
    for (const forged of [`${payload}.${mac.replace(/^./, "-")}x`, `${btoa(other)}.${mac}`, payload, "", token.slice(8), "a.b"]) {
      ann.cookie = `${name}=${forged}`
      expect([forged, (await ann.get("/")).status]).toEqual([forged, 401])
    }
    // A page's cookie opens nothing that programs use.
    const headers = { authorization: basic(text), "content-type": "application/json" }
    const body = JSON.stringify({ query: "{ viewer { id } }" })
    expect((await site.fetch("/graphql", { method: "POST", body, headers })).status).toBe(401)
    const byCookie = { cookie: `${name}=${text}`, "content-type": "application/json" }
    expect((await site.fetch("/graphql", { method: "POST", body, headers: byCookie })).status).toBe(401)
  })

  test("a form that is far too long is refused", async () => {
    const { site } = await inhabited()
    expect((await createVisitor(site).post("/login", { key: "k".repeat(20_000), to: "/" })).status).toBe(413)
  })

  test("says so when a key reaches more than a cookie holds", async () => {
    const entities = Array.from({ length: 500 }, (_, at) => `entity-${at}`)
    const site = createSite({ authenticate: () => ({ entity: "ann", username: "ann", entities }) })
    const answer = await createVisitor(site).signIn()
    expect([answer.status, answer.headers.get("set-cookie")]).toEqual([400, null])
    expect(readable(await answer.text())).toContain("more entities than a browser's cookie can name")
  })

  test("shows nothing of what went wrong inside", async () => {
    const told: unknown[] = []
    const registry = {
      ...createSite().registry,
      projects: () => {
        throw new Error("disk 7 is on fire")
      },
    }
    const authenticate = () => ({ entity: "ann", username: "ann", entities: ["ann"] })
    const server = createServer({ registry, secret, authenticate, onError: (error) => told.push(error) })
    const visitor = createVisitor({ server })
    await visitor.signIn()
    const response = await visitor.get("/")
    const page = await response.text()
    expect(response.status).toBe(500)
    expect(page).not.toContain("fire")
    expect(page).toContain(response.headers.get("x-request-id")!)
    expect(told).toHaveLength(1)
  })
})
