/** What the annotator dropped or picked, as a list of files. */

export interface FolderFile {
  /** As in the artifact. */
  readonly path: string
  readonly file: File
}

export interface Folder {
  readonly name: string
  /** Grows while the folder is read. */
  readonly files: FolderFile[]
  /** With it the page can read the folder again after a reload. */
  readonly handle: FileSystemDirectoryHandle | undefined
  /** Files of the operating system that nobody wants in an artifact. */
  leftOut: number
  bytes: number
}

/** Something that can be walked: a handle, an entry of browsers without handles, or a file. */
type Part = FileSystemHandle | FileSystemEntry | File

const LITTER = /^(\.DS_Store|Thumbs\.db|desktop\.ini|\._.*)$/
/** Each costs a message to another process; this many at once cost hardly more than one. */
const BATCH = 64

/** Takes hold of a drop. Everything synchronous happens before this returns: a drop is gone after its event. */
export function takeDrop(transfer: DataTransfer): Promise<readonly Part[]> {
  const items = Array.from(transfer.items).filter(({ kind }) => kind === "file")
  const parts = items.map((item) => item.getAsFileSystemHandle?.() ?? Promise.resolve(item.webkitGetAsEntry() ?? item.getAsFile()))
  return Promise.all(parts).then((all) => all.filter((part) => part !== null))
}

/**
 * Reads the list of files; their bytes stay where they are. `onMore` is called after every few.
 *
 * @throws DOMException of the browser, for what cannot be read
 */
export async function readFolder(parts: readonly Part[], onMore: (folder: Folder) => void, signal: AbortSignal): Promise<Folder> {
  const [only] = parts
  const alone = parts.length === 1 && only !== undefined && isFolder(only) ? only : undefined
  const name = alone?.name ?? folderNameOf(parts)
  const folder: Folder = { name, files: [], bytes: 0, leftOut: 0, handle: alone && "entries" in alone ? alone : undefined }
  for await (const batch of batches(alone === undefined ? rooted(parts) : walk(alone, ""))) {
    signal.throwIfAborted()
    const found = await Promise.all(batch.map(([path, part]) => toFile(path, part)))
    for (const file of found) add(folder, file)
    onMore(folder)
  }
  folder.files.sort((a, b) => collator.compare(a.path, b.path))
  return folder
}

const collator = new Intl.Collator("en", { numeric: true })

function add(folder: Folder, found: FolderFile): void {
  if (LITTER.test(found.file.name)) folder.leftOut += 1
  else {
    folder.files.push(found)
    folder.bytes += found.file.size
  }
}

function folderNameOf(parts: readonly Part[]): string {
  const [first] = parts
  const relative = first instanceof File ? first.webkitRelativePath : ""
  return relative === "" ? "files" : relative.slice(0, relative.indexOf("/"))
}

type Found = readonly [path: string, part: Part]

/** Files of a picker carry their paths, which begin with the folder that was picked; dropped parts keep their names. */
async function* rooted(parts: readonly Part[]): AsyncGenerator<Found> {
  for (const part of parts) {
    if (part instanceof File) yield [part.webkitRelativePath.replace(/^[^/]*\//, "") || part.name, part]
    else if (isFolder(part)) yield* walk(part, `${part.name}/`)
    else yield [part.name, part]
  }
}

async function* walk(folder: FileSystemDirectoryHandle | FileSystemDirectoryEntry, prefix: string): AsyncGenerator<Found> {
  for await (const child of childrenOf(folder)) {
    if (isFolder(child)) yield* walk(child, `${prefix}${child.name}/`)
    else yield [prefix + child.name, child]
  }
}

async function* childrenOf(folder: FileSystemDirectoryHandle | FileSystemDirectoryEntry): AsyncGenerator<Part> {
  if ("values" in folder) return yield* folder.values()
  const reader = folder.createReader()
  // A hundred at a time; only an empty answer is the end.
  for (let more = true; more; ) {
    const entries = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject))
    yield* entries
    more = entries.length > 0
  }
}

function isFolder(part: Part): part is FileSystemDirectoryHandle | FileSystemDirectoryEntry {
  if ("isDirectory" in part) return part.isDirectory
  return "kind" in part && part.kind === "directory"
}

async function toFile(path: string, part: Part): Promise<FolderFile> {
  if (part instanceof File) return { path, file: part }
  if ("getFile" in part) return { path, file: await (part as FileSystemFileHandle).getFile() }
  const file = await new Promise<File>((resolve, reject) => (part as FileSystemFileEntry).file(resolve, reject))
  return { path, file }
}

async function* batches(found: AsyncIterable<Found>): AsyncGenerator<Found[]> {
  let batch: Found[] = []
  for await (const one of found) {
    batch.push(one)
    if (batch.length < BATCH) continue
    yield batch
    batch = []
  }
  if (batch.length > 0) yield batch
}
