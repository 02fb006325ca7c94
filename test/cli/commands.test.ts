import { mkdir, readdir, readFile, symlink } from "node:fs/promises"
import { join } from "node:path"
import { describe, expect, test } from "vitest"
import { createPlace, type Outcome } from "./run.ts"

/** One sentence on stderr, and nothing of how it came about. */
function expectSentence({ err }: Outcome, ...parts: string[]): void {
  expect(err.trim().split("\n").at(-1)).toMatch(/^isofact: .*[.!?]$/)
  expect(err).not.toMatch(/^\s+at |node:internal|\.ts:\d/m)
  for (const part of parts) expect(err).toContain(part)
}

describe("files", { timeout: 120_000 }, () => {
  test("log, get, verify and checkout", async () => {
    const place = await createPlace()
    await place.write("birds/a.txt", "A")
    await place.write("birds/deep/b.txt", "BB")
    const options = ["--name", "team/zoo/birds", "--type", "model", "--alias", "best", "--alias", "good", "--tag", "raw"]
    const more = ["--description", "text", "--metadata", '{"hz": 44100}', "--ttl", "30d", "--id", "run1"]
    const logged = JSON.parse((await place.spawn("log", "birds", ...options, ...more, "--json")).out)
    expect(logged).toMatchObject({
      qualifiedName: "team/zoo/birds:v0",
      type: "model",
      tags: ["raw"],
      description: "text",
      metadata: { hz: 44100 },
      size: 3,
      fileCount: 2,
      ttl: { days: 30 },
    })
    expect((logged.aliases as string[]).sort()).toEqual(["best", "good", "latest"])
    // The same again is the same version.
    expect((await place.run("put", "birds", "-n", "team/zoo/birds", "-t", "model", "-a", "best")).out).toMatch(
      /^unchanged, it is already team\/zoo\/birds:v0 /,
    )

    expect(await place.json("get", "team/zoo/birds:best", "--root", "out")).toMatchObject({
      root: "out",
      written: 2,
      unchanged: 0,
      bytes: 3,
    })
    expect(await readFile(join(place.dir, "out/deep/b.txt"), "utf8")).toBe("BB")
    expect(await place.json("get", "team/zoo/birds", "--root", "out", "--match", "^a")).toMatchObject({ written: 0, unchanged: 1 })
    const fine = await place.spawn("verify", "team/zoo/birds", "--root", "out")
    expect(fine).toMatchObject({ code: 0, err: "" })
    expect(fine.out).toContain("2 files, 3 B")

    await place.write("out/a.txt", "X")
    await place.write("out/extra.txt", "E")
    const wrong = await place.spawn("verify", "team/zoo/birds", "--root", "out", "--json")
    expect(wrong.code).toBe(4)
    expectSentence(wrong, "1 damaged, 1 not in the artifact")
    expect(JSON.parse(wrong.out)).toMatchObject({
      error: { code: "DIGEST_MISMATCH", details: { paths: ["a.txt", "extra.txt"], damaged: ["a.txt"], extra: ["extra.txt"] } },
    })
    expect((await place.run("verify", "team/zoo/birds", "--root", "out")).out).toBe("damaged  a.txt\nextra    extra.txt\n")
    expect(await place.json("verify", "team/zoo/birds", "--stored")).toMatchObject({ verified: 2, damaged: [] })

    const asked = await place.spawn("checkout", "team/zoo/birds", "--root", "out")
    expect(asked.code).toBe(2)
    expectSentence(asked, "extra.txt", "--yes")
    expect(await place.json("checkout", "team/zoo/birds", "--root", "out", "--dry-run")).toMatchObject({
      deleted: ["extra.txt"],
      dryRun: true,
    })
    expect((await readdir(join(place.dir, "out"))).sort()).toEqual(["a.txt", "deep", "extra.txt"])
    expect(await place.json("checkout", "team/zoo/birds", "--root", "out", "--yes")).toMatchObject({ deleted: ["extra.txt"] })
    expect(await readFile(join(place.dir, "out/a.txt"), "utf8")).toBe("A")
    expect((await readdir(join(place.dir, "out"))).sort()).toEqual(["a.txt", "deep"])
  })

  test("a checkout beside the registry leaves it alone, and what it holds is neither logged nor verified", async () => {
    const place = await createPlace()
    await place.write("data/a.txt", "A")
    await place.run("log", "data")
    await place.write(".isofact/api-key", "secret")
    const checkout = await place.json("checkout", "data:v0", "--root", ".", "--yes")
    expect(checkout).toMatchObject({ deleted: ["data/a.txt"] })
    expect(await place.json("verify", "data:v0", "--root", ".")).toMatchObject({ verified: 1, extra: [] })
    expect(await place.json("log", ".", "--name", "w")).toMatchObject({ fileCount: 1 })
    expect(await place.json("ls")).toMatchObject([{ name: "data" }, { name: "w" }])
    const inside = await place.run("checkout", "data:v0", "--root", ".isofact", "--yes")
    expect(inside).toMatchObject({ code: 1, out: "" })
    expectSentence(inside, "choose a directory outside")
    expect(await place.json("verify", "data:v0", "--stored")).toMatchObject({ verified: 1 })
  })

  test("log leaves out what is to be ignored, and follows links as it is told", async () => {
    const place = await createPlace()
    for (const path of ["a.txt", "b.tmp", "raw/c.tmp", "raw/d", "raw/deep/e", "cache/f", "x/cache/g"])
      await place.write(`d/${path}`, path)
    await symlink("a.txt", join(place.dir, "d/link"))
    const filesOf = async (...options: string[]) => {
      const { qualifiedName } = await place.json("log", "d", ...options)
      return (await place.json<{ path: string }[]>("ls", qualifiedName as string)).map(({ path }) => path)
    }
    expect(await filesOf("--ignore", "*.tmp", "--ignore", "cache/", "--links", "skip")).toEqual(["a.txt", "raw/d", "raw/deep/e"])
    expect(await filesOf("--ignore", "raw/**/e", "--ignore", "/x", "--ignore", "?.tmp")).toEqual([
      ...["a.txt", "cache/f", "link", "raw/d"],
    ])
  })

  test("an address without a checksum, and how long a version is kept", async () => {
    const place = await createPlace()
    const logged = await place.json("log", "https://example.com/x.bin", "--no-checksum", "--name", "far", "--ttl", "30d")
    expect(logged).toMatchObject({ fileCount: 1 })
    expect((await place.run("ls", "far:v0")).out).toContain("x.bin -> https://example.com/x.bin")
    expect((await place.run("info", "far")).out).toMatch(/^kept for +30 days$/m)
  })

  test("verify lists what is wrong, twenty paths of it unless all are asked for", async () => {
    const place = await createPlace()
    for (let at = 0; at < 25; at++) await place.write(`d/${at}`, String(at))
    expect(await place.json("log", "d")).toMatchObject({ unchanged: false })
    expect(await place.json("log", "d")).toMatchObject({ unchanged: true })
    await mkdir(join(place.dir, "empty"))
    const some = await place.run("verify", "d", "--root", "empty")
    expect(some.code).toBe(4)
    expect(some.out.trim().split("\n")).toHaveLength(21)
    expect(some.out).toMatch(/^missing {2}0\n[\s\S]*\nand 5 more paths: --all lists them\n$/)
    expect((await place.run("verify", "d", "--root", "empty", "--all")).out.trim().split("\n")).toHaveLength(25)
  })

  test("a file, what is not there, and a registry that is not there", async () => {
    const place = await createPlace()
    await place.write("one.txt", "1")
    expect((await place.run("log", "one.txt")).out).toContain("local/uncategorized/one.txt:v0  1 file, 1 B  latest")
    const missing = await place.spawn("log", "nothing-here")
    expect(missing).toMatchObject({ code: 3, out: "" })
    expectSentence(missing, "nothing-here")
    const elsewhere = await place.run("get", "one.txt", "--registry", "elsewhere")
    expect(elsewhere).toMatchObject({ code: 3, out: "" })
    expectSentence(elsewhere, "no registry in elsewhere")
    expect(await readdir(place.dir)).not.toContain("elsewhere")
  })
})

describe("names", { timeout: 120_000 }, () => {
  test("ls, info, diff, alias, link and rm", async () => {
    const place = await createPlace()
    await place.write("d/a", "1")
    await place.write("d/b", "1")
    await place.run("log", "d", "--name", "zoo")
    await place.write("d/b", "2")
    await place.write("d/c", "3")
    await place.run("log", "d", "--name", "zoo", "--alias", "best")
    expect((await place.run("ls")).out).toMatch(/^dataset {2}\S+ +3 B {2}zoo:v1\n$/)
    expect(await place.json("ls", "local/uncategorized")).toMatchObject([{ name: "zoo", version: "v1", kind: "sequence" }])
    expect(await place.json("ls", "--type", "model")).toEqual([])
    expect(await place.json("ls", "local/uncategorized/zoo")).toMatchObject([{ version: "v1" }, { version: "v0" }])
    expect((await place.run("ls", "zoo:v0")).out).toBe("      1 B  a\n      1 B  b\n")
    expect((await place.run("info", "zoo:best")).out).toMatch(/^name +local\/uncategorized\/zoo:v1\n/)

    const diff = await place.spawn("diff", "zoo:v0", "zoo:v1", "--exit-code")
    expect(diff).toEqual({ code: 4, out: "M b\nA c\n", err: "" })
    expect(await place.json("diff", "zoo:v1", "zoo:best", "--exit-code")).toMatchObject({ added: [], removed: [], changed: [] })

    expect((await place.json("alias", "zoo:v0", "old", "best")).aliases).toEqual(["old", "best"])
    expect((await place.json("alias", "zoo:v0", "old", "--remove")).aliases).toEqual(["best"])
    expect(await place.json("link", "zoo:v0", "other/shelf", "--alias", "prod")).toMatchObject({
      qualifiedName: "local/other/shelf:v0",
      isLink: true,
    })
    expect(await place.json("info", "zoo:v0")).toMatchObject({
      links: ["local/other/shelf:v0"],
      loggedBy: expect.stringMatching(/^local\/uncategorized\//),
    })

    const held = await place.run("rm", "zoo:v0", "--delete-aliases")
    expect(held).toMatchObject({ code: 2, out: "" })
    expectSentence(held, "--yes")
    expect(await place.json("rm", "local/other/shelf:v0", "zoo:v0", "--delete-aliases", "--dry-run")).toMatchObject({
      dryRun: true,
    })
    const removed = await place.json("rm", "local/other/shelf:v0", "zoo:v0", "--delete-aliases", "--yes")
    expect(removed.deleted).toEqual(["local/other/shelf:v0", "local/uncategorized/zoo:v0"])
    expect(await place.json("ls", "local/uncategorized/zoo")).toMatchObject([{ version: "v1" }])
    expect(await place.json("rm", "zoo", "--collection", "--yes")).toEqual({ deleted: ["local/uncategorized/zoo"] })
    expect(await place.json("ls")).toEqual([])
  })

  test("names that would steer a terminal are shown, not obeyed", async () => {
    const place = await createPlace()
    const name = "a\u001b[2Jb\u202e"
    await place.write(`d/${name}`, "x")
    await place.run("log", "d", "--name", "odd", "--description", "line\r\n\u001b]0;title\u0007")
    for (const args of [
      ["ls", "odd:v0"],
      ["info", "odd"],
    ]) {
      const { out, code } = await place.run(...args)
      expect(code).toBe(0)
      expect(out).toMatch(/\\u\{1b\}/)
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
      expect(out).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/)
    }
    expect(await place.json<{ path: string }[]>("ls", "odd:v0")).toMatchObject([{ path: name }])
    const { err } = await place.spawn("get", "no\u001b[31mpe")
    expect(err).not.toContain("\u001b")
  })
})
