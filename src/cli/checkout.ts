import { defaultRoot } from "../artifact/target.ts"
import { comparePaths } from "../core/path.ts"
import type { Answer } from "./answer.ts"
import { findArtifact, type Session } from "./session.ts"
import { count } from "./units.ts"

const pathsShown = 10

interface CheckoutOptions {
  readonly root?: string
  readonly dryRun?: true
  readonly yes?: true
}

/** Says what would be deleted, and has that confirmed, before anything is. */
export async function checkout(session: Session, [name]: readonly [string], options: CheckoutOptions): Promise<Answer> {
  const { platform, signal, bar } = session
  const artifact = await findArtifact(session, name)
  const root = options.root ?? defaultRoot(platform, artifact.sourceCollection.name)
  const manifest = await artifact.loadManifest({ signal })
  const extra: string[] = []
  for await (const { path } of (await platform.directory(root)).list({ signal })) {
    if (manifest.get(path) === undefined) extra.push(path)
  }
  const json = { name: artifact.qualifiedName, root, deleted: extra.sort(comparePaths) }
  if (options.dryRun) return { json: { ...json, dryRun: true }, lines: extra.map((path) => `would delete ${path}`) }
  if (extra.length > 0) {
    for (const path of extra.slice(0, pathsShown)) session.say(`will delete ${path}`)
    if (extra.length > pathsShown) session.say(`and ${count(extra.length - pathsShown, "more file")}`)
    await session.confirm(`Delete ${count(extra.length, "file")} in ${root}?`, options.yes)
  }
  await artifact.checkout(root, { onProgress: bar.onProgress, signal })
  return { json, lines: [root, `${count(manifest.fileCount, "file")}, ${extra.length} deleted`] }
}
