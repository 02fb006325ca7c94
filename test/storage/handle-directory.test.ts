import { expect, test } from "vitest"
import { createHandleDirectory } from "../../src/storage/handle-directory.ts"
import { toArray } from "../contracts/content.ts"
import { hasher } from "./helpers.ts"

const fileHandle = (name: string) => ({ kind: "file", name, getFile: async () => new File(["x"], name) })

/** A folder by the part of it that a listing reads. */
function folderHandle(name: string, ...children: { readonly name: string }[]) {
  const entries = async function* () {
    for (const child of children) yield [child.name, child]
  }
  return { kind: "directory", name, entries }
}

test("what a registry keeps in a folder that was picked is none of its files", async () => {
  const home = folderHandle(".isofact", folderHandle("records", fileHandle("1")))
  const folder = folderHandle("picked", home, fileHandle("a"), folderHandle("deep", home, fileHandle("b"), fileHandle(".isofact")))
  const directory = createHandleDirectory(folder as unknown as FileSystemDirectoryHandle, { hasher })
  const paths = (await toArray(directory.list())).map(({ path }) => path)
  expect(paths.sort()).toEqual(["a", "deep/.isofact", "deep/b"])
})
