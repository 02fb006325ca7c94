import { untilAborted } from "../bytes/streams.ts"
import { Remembered } from "../core/remember.ts"
import type { CallOptions, VersionRef } from "../ports.ts"
import type { Ask } from "./ask.ts"
import type { Organizations } from "./context.ts"
import { type FileNode, fileUrls } from "./fetching-documents.ts"
import { type Listed, readPage } from "./pages.ts"

export type Member = VersionRef & { readonly id: string }

/** Where stored files can be read, for a while. */
export interface FileAddresses {
  /** Undefined: the server lists no such file or no address of it. */
  find(member: Member, path: string, options?: CallOptions): Promise<string | undefined>
  /** What `find` gave does not serve any more. */
  drop(member: Member, path: string, url: string): void
}

interface Waiting {
  readonly member: Member
  readonly names: Map<string, { readonly found: (url: string | undefined) => void; readonly failed: (error: unknown) => void }[]>
}

interface Kept {
  readonly url: string
  /** Milliseconds since the epoch. */
  readonly until: number
}

const maxNames = 500
const keptAddresses = 20_000
/** Addresses say in many ways until when they serve; these are gone when it shows, and asked for again before that. */
const keepMs = 5 * 60_000
/** Who reads so many at once will read on: the next page of the list is then asked for with them. */
const bulkNames = 16
const pageSize = 1000

/** Callers of the same moment are answered by one request; who reads many files of a version finds most addresses already there. */
export function createFileAddresses(ask: Ask, organizations: Organizations): FileAddresses {
  const kept = new Remembered<Kept>(keptAddresses)
  const waiting = new Map<string, Waiting>()
  const lists = new Remembered<List>(16)
  const keep = (member: Member, nodes: readonly FileNode[]) => {
    const until = Date.now() + keepMs
    for (const { name, directUrl } of nodes) if (directUrl) kept.set(keyOf(member, name), { url: directUrl, until })
  }
  const request = async (member: Member, names: readonly string[] | undefined, cursor: string | undefined) => {
    const { entity, project, collection, index } = await organizations.resolve(member)
    const perPage = names?.length ?? pageSize
    const variables = { entity, project, collection, alias: `v${index}`, names, cursor, perPage }
    const page = await ask(fileUrls, variables, {}, (answer) =>
      readPage(answer.project?.artifactCollection?.artifactMembership?.files, ({ name, directUrl }) => ({ name, directUrl })),
    )
    keep(member, page.items)
    return page
  }
  const flush = async (key: string) => {
    const { member, names } = waiting.get(key)!
    waiting.delete(key)
    const wanted = [...names.keys()]
    if (wanted.length >= bulkNames) readAhead(lists, member, (cursor) => request(member, undefined, cursor))
    try {
      for (let start = 0; start < wanted.length; start += maxNames) {
        const part = wanted.slice(start, start + maxNames)
        const { items } = await request(member, part, undefined)
        const urls = new Map(items.map(({ name, directUrl }) => [name, directUrl]))
        for (const name of part) for (const { found } of names.get(name)!) found(urls.get(name) || undefined)
      }
    } catch (error) {
      for (const askers of names.values()) for (const { failed } of askers) failed(error)
    }
  }
  const enqueue = (member: Member, path: string) =>
    new Promise<string | undefined>((found, failed) => {
      const key = `${member.collection}:v${member.index} ${member.id}`
      const known = waiting.get(key)
      const batch = known ?? { member, names: new Map() }
      if (known === undefined) {
        waiting.set(key, batch)
        setTimeout(() => void flush(key), 0)
      }
      const askers = batch.names.get(path) ?? []
      askers.push({ found, failed })
      batch.names.set(path, askers)
    })
  return {
    async find(member, path, { signal } = {}) {
      signal?.throwIfAborted()
      const known = kept.get(keyOf(member, path))
      if (known !== undefined && known.until > Date.now()) return known.url
      return untilAborted(enqueue(member, path), signal)
    },
    drop(member, path, url) {
      const key = keyOf(member, path)
      if (kept.get(key)?.url === url) kept.delete(key)
    },
  }
}

const keyOf = ({ id, collection, index }: Member, path: string) => `${id} ${collection}:v${index} ${path}`

/** How far the list of a version's files has been read. */
interface List {
  cursor: string | undefined
  busy: boolean
  done: boolean
}

/** Asks for one more page, unless it is being asked for. That it fails is no harm: whoever needs a file asks by its name. */
function readAhead(
  lists: Remembered<List>,
  member: Member,
  request: (cursor: string | undefined) => Promise<Listed<FileNode>>,
): void {
  const key = `${member.collection}:v${member.index} ${member.id}`
  const list = lists.get(key) ?? { cursor: undefined, busy: false, done: false }
  lists.set(key, list)
  if (list.busy || list.done) return
  list.busy = true
  request(list.cursor).then(
    ({ pageInfo }) => {
      list.busy = false
      list.cursor = (pageInfo?.hasNextPage && pageInfo.endCursor) || undefined
      list.done = list.cursor === undefined
    },
    () => {
      list.busy = false
      list.done = true
    },
  )
}
