/** Folders and files that a user hands to a page: real drops and pickers of a real Chromium. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { Artifact } from "isofact"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { dropFiles, dropText, openPage, type TestPage } from "./pages.ts"

const script = `
import { Artifact, isArtifactError } from "isofact"

const sides = {
  transfer: (event) => event.dataTransfer,
  items: (event) => event.dataTransfer.items,
  itemArray: (event) => [...event.dataTransfer.items],
}
async function summary(adding) {
  try {
    const draft = await adding()
    window.draft = draft
    return { paths: [...draft.manifest.entries.keys()].sort(), digest: draft.digest }
  } catch (error) {
    if (!isArtifactError(error)) throw error
    return { code: error.code, message: error.message, path: error.details.path }
  }
}
async function addedDir(dir, options) {
  const draft = new Artifact("birds", "dataset")
  // No await before this: the drop is readable only now.
  await draft.addDir(dir, options)
  return draft
}
let next
addEventListener("dragover", (event) => event.preventDefault())
addEventListener("drop", (event) => {
  event.preventDefault()
  next(event)
})
const dropped = (take) => new Promise((resolve) => { next = (event) => resolve(take(event)) })
Object.assign(window, {
  Artifact, summary, addedDir,
  expectDrop(side) { window.adding = dropped((event) => summary(() => addedDir(sides[side](event)))) },
  expectFile() { window.adding = dropped((event) => summary(async () => {
    const draft = new Artifact("birds", "dataset")
    await draft.addFile(event.dataTransfer.items[0])
    return draft
  })) },
  expectEntries() { window.taking = dropped((event) => [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry())) },
  expectHandles() { window.taking = dropped((event) => Promise.all([...event.dataTransfer.items].map((item) => item.getAsFileSystemHandle()))) },
  expectLate() { window.adding = dropped(async (event) => {
    const items = event.dataTransfer
    await new Promise((resolve) => setTimeout(resolve, 10))
    return summary(() => addedDir(items))
  }) },
})
`

interface Summary {
  readonly paths: string[]
  readonly digest: string
  readonly code: string
  readonly message: string
  readonly path: string
}

const root = mkdtempSync(join(tmpdir(), "isofact-drop-"))
const at = (path: string) => join(root, path)
function write(path: string, text: string): void {
  mkdirSync(dirname(at(path)), { recursive: true })
  writeFileSync(at(path), text)
}
async function asNodeSees(path: string): Promise<{ paths: string[]; digest: string }> {
  const draft = new Artifact("birds", "dataset")
  await draft.addDir(at(path), { policy: "immutable" })
  return { paths: [...draft.manifest.entries.keys()].sort(), digest: draft.digest }
}

let site: TestPage
const result = () => site.page.evaluate("window.adding") as Promise<Summary>

async function dropped(paths: string[], expectation = `expectDrop("transfer")`): Promise<Summary> {
  await site.page.evaluate(`void ${expectation}`)
  await dropFiles(site.page, paths.map(at))
  return result()
}

beforeAll(async () => {
  for (let file = 0; file < 257; file++) write(`birds/many/${file}.txt`, `${file}`)
  for (const path of ["a.txt", "x/b.txt", "x/y/ünï 🐦.txt", "x/50%#.txt"]) write(`birds/${path}`, path)
  for (const path of ["back\\slash", "what?.txt", " space ", "tail.", "a\nb"]) write(`strange/x/${path}`, path)
  write("fish/f.txt", "f")
  write("top.txt", "top")
  mkdirSync(at("empty/inner"), { recursive: true })
  write("hostile/fine.txt", "fine")
  write("hostile/C:evil.txt", "evil")
  site = await openPage(script)
}, 60_000)

afterAll(async () => {
  await site?.[Symbol.asyncDispose]()
  rmSync(root, { recursive: true })
}, 60_000)

describe("a dropped folder", () => {
  test.each(["transfer", "items", "itemArray"])("is what Node sees in it, all 261 files: %s", async (side) => {
    const node = await asNodeSees("birds")
    expect(node.paths).toHaveLength(261)
    expect(await dropped(["birds"], `expectDrop("${side}")`)).toMatchObject(node)
  })

  test("beside another and a file keeps its name", async () => {
    const { paths } = await dropped(["birds", "fish", "top.txt"])
    const inside = (await asNodeSees("birds")).paths.map((path) => `birds/${path}`)
    expect(paths).toEqual([...inside, "fish/f.txt", "top.txt"].sort())
  })

  test("keeps names that other systems would not take", async () => {
    expect(await dropped(["strange"])).toMatchObject(await asNodeSees("strange"))
  })

  test("that is empty adds nothing", async () => {
    expect((await dropped(["empty"])).paths).toEqual([])
  })

  test("with a hostile name is refused by that name", async () => {
    expect(await dropped(["hostile"])).toMatchObject({ code: "INVALID_ARGUMENT", path: "C:evil.txt" })
  })

  test("read later, after a file of it was removed, names that file", async () => {
    write("later/x/here.txt", "here")
    write("later/x/gone.txt", "gone")
    await site.page.evaluate("void expectEntries()")
    await dropFiles(site.page, [at("later/x/gone.txt"), at("later/x/here.txt"), at("later")])
    await site.page.evaluate("taking")
    rmSync(at("later/x/gone.txt"))
    const adding = (index: number) => site.page.evaluate(`taking.then((entries) => summary(() => addedDir([entries[${index}]])))`)
    expect(await adding(0)).toMatchObject({ code: "STORAGE", path: "gone.txt", message: expect.stringContaining("dropped again") })
    expect(await adding(1)).toMatchObject({ paths: ["here.txt"] })
    expect(await adding(2)).toMatchObject({ paths: ["x/here.txt"] })
  })

  test("as handles, which a page can keep", async () => {
    await site.page.evaluate("void expectHandles()")
    await dropFiles(site.page, [at("birds"), at("top.txt")])
    const taken = `taking.then((handles) => summary(() => addedDir(handles)))`
    const { paths } = (await site.page.evaluate(taken)) as Summary
    expect(paths).toHaveLength(262)
    expect(paths).toContain("birds/x/y/ünï 🐦.txt")
    const alone = (await site.page.evaluate(`taking.then(([folder]) => summary(() => addedDir(folder)))`)) as Summary
    expect(alone).toMatchObject(await asNodeSees("birds"))
    const file = `taking.then(([, file]) => summary(async () => { const draft = new Artifact("birds", "dataset"); await draft.addFile(file); return draft }))`
    expect(await site.page.evaluate(file)).toMatchObject({ paths: ["top.txt"] })
  })
})

describe("other drops", () => {
  test("files alone", async () => {
    expect((await dropped(["top.txt", "fish/f.txt"])).paths).toEqual(["f.txt", "top.txt"])
    expect((await dropped(["top.txt"])).paths).toEqual(["top.txt"])
  })

  test("one file to addFile", async () => {
    expect((await dropped(["top.txt"], "expectFile()")).paths).toEqual(["top.txt"])
  })

  test("text is refused and says so", async () => {
    await site.page.evaluate(`void expectDrop("transfer")`)
    await dropText(site.page, "birds")
    expect(await result()).toMatchObject({ code: "INVALID_ARGUMENT", message: expect.stringContaining("holds no file") })
  })

  test("one that is over is refused and says when to take it", async () => {
    expect(await dropped(["birds"], "expectLate()")).toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining("await"),
    })
  })
})

describe("pickers and other files", () => {
  test("<input webkitdirectory>", async () => {
    await site.page.evaluate(`document.body.insertAdjacentHTML("beforeend", "<input type=file webkitdirectory>")`)
    await site.page.setInputFiles("input", at("birds"))
    const picked = await site.page.evaluate(`summary(() => addedDir(document.querySelector("input").files))`)
    expect(picked).toMatchObject(await asNodeSees("birds"))
  })

  test("Files and Blobs of another realm, and sub-classes", async () => {
    const names = (await site.page.evaluate(`(async () => {
      const frame = document.body.appendChild(document.createElement("iframe")).contentWindow
      class Picture extends File {}
      const draft = await addedDir([new frame.File(["a"], "a.txt"), new Picture(["b"], "b.png")])
      await draft.addFile(new frame.Blob(["c"]), { name: "c" })
      await draft.addFile(new frame.Uint8Array([1]), { name: "d" })
      return [...draft.manifest.entries.keys()].sort()
    })()`)) as string[]
    expect(names).toEqual(["a.txt", "b.png", "c", "d"])
  })

  test("a folder of OPFS", async () => {
    const paths = (await site.page.evaluate(`(async () => {
      const top = await (await navigator.storage.getDirectory()).getDirectoryHandle("source", { create: true })
      const inner = await top.getDirectoryHandle("x", { create: true })
      for (let at = 0; at < 130; at++) {
        const stream = await (await inner.getFileHandle(at + ".txt", { create: true })).createWritable()
        await stream.write("text " + at)
        await stream.close()
      }
      return (await summary(() => addedDir(top))).paths
    })()`)) as string[]
    expect(paths).toEqual(Array.from({ length: 130 }, (_, index) => `x/${index}.txt`).sort())
  })
})

test("20,000 files in a drop", { timeout: 240_000 }, async () => {
  for (let file = 0; file < 20_000; file++) write(`huge/${Math.floor(file / 2000)}/${file}.txt`, `file ${file}`)
  const session = await site.page.context().newCDPSession(site.page)
  const heap = async () => {
    await session.send("HeapProfiler.collectGarbage")
    return (await session.send("Runtime.getHeapUsage")).usedSize / 1024 / 1024
  }
  const before = await heap()
  const { paths } = await dropped(["huge"])
  // What is left is the draft: 20,000 entries and what stands for their bytes.
  const grown = (await heap()) - before
  expect(paths).toHaveLength(20_000)
  expect(grown).toBeLessThan(100)
})
