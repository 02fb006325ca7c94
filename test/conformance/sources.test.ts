/** addFile and addDir with what browsers hand over: lists of files, handles, entries and dropped items. */
import { Artifact } from "isofact"
import { describe, expect, test } from "vitest"
import { draftOf, failure, refusal } from "./fresh.ts"

const paths = (draft: Artifact) => [...draft.manifest.entries.keys()].sort()

async function added(dir: Parameters<Artifact["addDir"]>[0], options?: Parameters<Artifact["addDir"]>[1]) {
  const draft = new Artifact("birds", "dataset")
  await draft.addDir(dir, options)
  return paths(draft)
}

const picked = (relative: string, text = relative) =>
  Object.defineProperty(new File([text], relative.split("/").at(-1)!), "webkitRelativePath", { value: relative })

// Handles and entries exist only in browsers, where the real ones are tried; here they stand in for trees that no real one can show.
interface Tree {
  readonly [name: string]: string | Tree | Error
}

function handleOf(name: string, tree: Tree): never {
  return {
    kind: "directory",
    name,
    async *entries() {
      for (const [child, value] of Object.entries(tree)) yield [child, nodeHandle(child, value)]
    },
  } as never
}

const nodeHandle = (name: string, value: string | Tree | Error) =>
  typeof value === "object" && !(value instanceof Error) ? handleOf(name, value) : fileHandle(name, value)

function fileHandle(name: string, value: string | Error): never {
  const getFile = async () => {
    if (value instanceof Error) throw value
    return new File([value], name)
  }
  return { kind: "file", name, getFile } as never
}

function entryOf(name: string, value: string | Tree | Error): never {
  const isDirectory = typeof value === "object" && !(value instanceof Error)
  const file = (done: (file: File) => void, fail: (error: Error) => void) =>
    value instanceof Error ? fail(value) : done(new File([value as string], name))
  const createReader = () => {
    const left = Object.entries(value as Tree).map(([child, inner]) => entryOf(child, inner))
    return { readEntries: (done: (batch: unknown[]) => void) => queueMicrotask(() => done(left.splice(0, 100))) }
  }
  return { name, isDirectory, isFile: !isDirectory, ...(isDirectory ? { createReader } : { file }) } as never
}

/** What a drop event holds: readable only until `end`. */
function drop(...entries: { readonly name: string }[]) {
  let isOver = false
  const items = entries.map((entry) => ({
    get kind() {
      return isOver ? "" : "file"
    },
    webkitGetAsEntry: () => (isOver ? null : entry),
    getAsFile: () => null,
  }))
  const end = () => {
    isOver = true
    items.length = 0
  }
  return { dataTransfer: { items: Object.assign(items, { clear() {} }) } as never, end }
}

const tree: Tree = { "a.txt": "a", x: { "b.txt": "b", y: { "c.txt": "c" } }, empty: {} }
const many: Tree = Object.fromEntries(Array.from({ length: 257 }, (_, at) => [`${at}.txt`, `${at}`]))

describe("a single folder stands for its content", () => {
  test.each<[string, () => Parameters<Artifact["addDir"]>[0]]>([
    ["handle", () => handleOf("birds", tree)],
    ["array of one handle", () => [handleOf("birds", tree)]],
    ["entry", () => entryOf("birds", tree)],
    ["array of one entry", () => [entryOf("birds", tree)]],
    ["drop", () => drop(entryOf("birds", tree)).dataTransfer],
    ["picked files", () => [picked("birds/a.txt"), picked("birds/x/b.txt"), picked("birds/x/y/c.txt")]],
  ])("%s", async (_, source) => {
    expect(await added(source())).toEqual(["a.txt", "x/b.txt", "x/y/c.txt"])
  })
})

describe("of several parts each keeps its name", () => {
  const expected = ["birds/a.txt", "birds/x/b.txt", "birds/x/y/c.txt", "fish/f.txt", "top.txt"]
  test.each<[string, () => Parameters<Artifact["addDir"]>[0]]>([
    ["handles", () => [handleOf("birds", tree), handleOf("fish", { "f.txt": "f" }), fileHandle("top.txt", "t")]],
    ["entries", () => [entryOf("birds", tree), entryOf("fish", { "f.txt": "f" }), entryOf("top.txt", "t")]],
    ["a mixture", () => [handleOf("birds", tree), entryOf("fish", { "f.txt": "f" }), new File(["t"], "top.txt")]],
    ["with pairs", () => [handleOf("birds", tree), ["fish/f.txt", new Blob(["f"])], ["top.txt", fileHandle("z", "t")]]],
    ["a drop", () => drop(entryOf("birds", tree), entryOf("fish", { "f.txt": "f" }), entryOf("top.txt", "t")).dataTransfer],
    [
      "picked files",
      () => [
        ...["a.txt", "x/b.txt", "x/y/c.txt"].map((path) => picked(`birds/${path}`)),
        picked("fish/f.txt"),
        new File([], "top.txt"),
      ],
    ],
  ])("%s", async (_, source) => {
    expect(await added(source())).toEqual(expected)
  })
})

const furnished: Tree = { "a.txt": "a", ".isofact": { "api-key": "k" }, x: { ".isofact": { records: {} }, y: { ".isofact": "f" } } }
test.each<[string, () => Parameters<Artifact["addDir"]>[0]]>([
  ["handle", () => handleOf("birds", furnished)],
  ["entry", () => entryOf("birds", furnished)],
  ["picked files", () => ["a.txt", ".isofact/api-key", "x/.Isofact/r", "x/y/.isofact"].map((path) => picked(`birds/${path}`))],
])("what a registry keeps in a folder is left out: %s", async (_, source) => {
  expect(await added(source())).toEqual(["a.txt", "x/y/.isofact"])
})

test("a file alone, dropped or as a handle, has its own name", async () => {
  expect(await added(drop(entryOf("a.txt", "a")).dataTransfer)).toEqual(["a.txt"])
  expect(await added([fileHandle("a.txt", "a")])).toEqual(["a.txt"])
})

test.each([
  ["handle", handleOf],
  ["entry", entryOf],
] as const)("a folder of 257 files is read to its end: %s", async (_, make) => {
  expect(await added(make("birds", { many } as never))).toHaveLength(257)
})

test("no more files are opened than are read soon", async () => {
  let opened = 0
  let read = 0
  const entries = Array.from({ length: 1000 }, (_, at) => {
    const file = new File([`${at}`], `${at}`)
    const arrayBuffer = async () => {
      read += 1
      expect(opened - read).toBeLessThan(300)
      return new Blob([`${at}`]).arrayBuffer()
    }
    const getFile = async () => {
      opened += 1
      return Object.assign(file, { arrayBuffer })
    }
    return [`${at}`, { kind: "file", getFile }] as const
  })
  const folder = {
    kind: "directory",
    name: "birds",
    async *entries() {
      yield* entries
    },
  }
  expect(await added(folder as never)).toHaveLength(1000)
  expect(opened).toBe(1000)
})

describe("drops", () => {
  test("are taken hold of before addDir returns", async () => {
    const { dataTransfer, end } = drop(entryOf("birds", tree), entryOf("b", "b"))
    const adding = added(dataTransfer)
    end()
    expect(await adding).toHaveLength(4)
  })

  test.each<[string, () => never]>([
    ["of nothing", () => drop().dataTransfer],
    ["items of nothing", () => (drop().dataTransfer as { items: never }).items],
    ["of text", () => ({ items: [{ kind: "string", getAsFile: () => null }] }) as never],
    [
      "that is over",
      () => {
        const { dataTransfer, end } = drop(entryOf("birds", tree))
        const items = [...(dataTransfer as { items: never[] }).items]
        end()
        return items as never
      },
    ],
  ])("%s are refused and say why", async (_, source) => {
    const error = await refusal("INVALID_ARGUMENT", added(source()))
    expect(error.details.argument).toBe("dir")
    expect(error.message).toContain("event.dataTransfer")
  })

  test("of an empty folder add nothing, as an empty directory does", async () => {
    expect(await added(drop(entryOf("birds", {})).dataTransfer)).toEqual([])
  })

  test("of files that are no entries, such as a pasted image", async () => {
    const item = { kind: "file", webkitGetAsEntry: () => null, getAsFile: () => new File(["a"], "a.png") }
    expect(await added({ items: [item, { kind: "string", getAsFile: () => null }] } as never)).toEqual(["a.png"])
  })
})

describe("trouble names the path", () => {
  const gone = () => new DOMException("no", "NotFoundError")
  const refused = () => new DOMException("no", "NotAllowedError")
  test.each<[string, () => never, RegExp]>([
    ["file handle", () => handleOf("birds", { x: { "b.txt": gone() } }), /"x\/b\.txt".*NotFoundError/],
    ["entry", () => entryOf("birds", { x: { "b.txt": gone() } }), /"x\/b\.txt".*NotFoundError/],
    ["lost permission", () => handleOf("birds", { "b.txt": refused() }), /"b\.txt".*requestPermission/],
    [
      "a folder",
      () =>
        ({
          kind: "directory",
          name: "birds",
          entries: () => ({ [Symbol.asyncIterator]: () => ({ next: async () => Promise.reject(refused()) }) }),
        }) as never,
      /"birds".*requestPermission/,
    ],
    [
      "an entry's folder",
      () =>
        ({
          name: "birds",
          isDirectory: true,
          createReader: () => ({ readEntries: (_: unknown, fail: (error: unknown) => void) => fail(gone()) }),
        }) as never,
      /"birds".*NotFoundError/,
    ],
  ])("%s", async (_, source, message) => {
    const error = await refusal("STORAGE", added(source()))
    expect(error.message).toMatch(message)
    expect(error.cause).toBeInstanceOf(DOMException)
  })

  test("a file that is ignored need not be readable", async () => {
    const source = handleOf("birds", { "a.txt": "a", ".lock": gone(), x: { ".lock": gone() } })
    expect(await added(source, { ignore: (path) => path.endsWith(".lock") })).toEqual(["a.txt"])
  })

  test.each(["..", "../up", "C:evil", "/abs", "a\0b"])("a hostile name %j is refused", async (name) => {
    for (const source of [handleOf("birds", { [name]: "x" }), entryOf("birds", { [name]: "x" })]) {
      const error = await refusal("INVALID_ARGUMENT", added(source))
      expect(error.details.argument).toBe("dir")
    }
    const error = await refusal("INVALID_ARGUMENT", added(handleOf("birds", { x: { "..": "x" } })))
    expect(error.details.path).toBe("x/..")
  })
})

describe("addFile", () => {
  const entryFrom = (source: Parameters<Artifact["addFile"]>[0], name?: string) =>
    new Artifact("birds", "dataset").addFile(source, name === undefined ? {} : { name })

  test("takes a file handle", async () => {
    expect(await entryFrom(fileHandle("a.txt", "a"))).toMatchObject({ path: "a.txt", size: 1 })
    expect(await entryFrom(fileHandle("a.txt", "a"), "x/y")).toMatchObject({ path: "x/y" })
  })

  test("takes a dropped item before it returns", async () => {
    let isOver = false
    const item = { kind: "file", getAsFile: () => (isOver ? null : new File(["a"], "a.png")) }
    const adding = entryFrom(item)
    isOver = true
    expect(await adding).toMatchObject({ path: "a.png", size: 1 })
    expect((await refusal("INVALID_ARGUMENT", entryFrom(item))).message).toContain("handler")
  })

  test("a handle without permission says how to get it", async () => {
    const error = await refusal("STORAGE", entryFrom(fileHandle("a.txt", new DOMException("no", "NotAllowedError"))))
    expect(error.message).toMatch(/"a\.txt".*requestPermission/)
  })

  test("takes sub-classes of File and Blob, and objects that only behave like one", async () => {
    class Picture extends File {}
    class Part extends Blob {}
    expect(await entryFrom(new Picture(["abc"], "p.png"))).toMatchObject({ path: "p.png", size: 3 })
    expect(await entryFrom(new Part(["abc"]), "part")).toMatchObject({ size: 3 })
    const blob = new Blob(["abc"])
    const foreign = {
      name: "f.txt",
      size: 3,
      slice: blob.slice.bind(blob),
      stream: blob.stream.bind(blob),
      arrayBuffer: blob.arrayBuffer.bind(blob),
    }
    expect(await entryFrom(foreign as never)).toMatchObject({ path: "f.txt", size: 3 })
  })
})

test("what a source of many cannot read is named by its path", async () => {
  const lost = () => Promise.reject(new DOMException("x", "NotReadableError"))
  const broken = {
    name: "b.txt",
    size: 1,
    slice: () => broken,
    stream: () => new ReadableStream({ pull: lost }),
    arrayBuffer: lost,
  }
  expect(await failure(added(new Map([["x/b.txt", broken as never]])))).toMatchObject({
    code: "STORAGE",
    details: { path: "x/b.txt" },
  })
})

test("the same files make the same artifact however they come", async () => {
  const plain = await draftOf("birds", { "a.txt": "a", "x/b.txt": "b", "x/y/c.txt": "c" })
  for (const source of [handleOf("birds", tree), entryOf("birds", tree)]) {
    const draft = new Artifact("birds", "dataset")
    await draft.addDir(source)
    expect(draft.digest).toBe(plain.digest)
  }
})
