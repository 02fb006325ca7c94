import { checkFunction } from "../core/check.ts"
import type { CallOptions } from "../ports.ts"
import { checkCall } from "./call.ts"
import { download } from "./download.ts"
import { loadManifest } from "./load.ts"
import { type OnProgress, trackProgress } from "./progress.ts"
import type { ArtifactState } from "./state.ts"
import { defaultRoot, openTarget, type Target } from "./target.ts"

/**
 * Makes a directory equal to the artifact. Files that stand where the artifact needs a directory, or below a path where it needs a
 * file, go first; the others only after the download, so that a download that fails costs nothing that was not in its way.
 */
export async function checkout<T extends Target>(
  state: ArtifactState,
  root: T | undefined,
  options: CallOptions & { readonly onProgress?: OnProgress | undefined },
): Promise<T | string> {
  const { signal } = checkCall(options, { onProgress: checkFunction })
  const logged = state.requireLiving("checkout")
  const { platform } = state
  const target = await openTarget(root, defaultRoot(platform, logged.member.version.source.collection), platform, options)
  const { directory } = target
  const manifest = await loadManifest(state, options)
  const extra: string[] = []
  for await (const { path } of directory.list({ signal })) if (manifest.get(path) === undefined) extra.push(path)
  const folders = new Set<string>()
  for (const path of manifest.entries.keys()) for (const folder of parents(path)) folders.add(folder)
  const inTheWay = (path: string) => folders.has(path) || parents(path).some((folder) => manifest.get(folder) !== undefined)
  const progress = trackProgress(options.onProgress, extra.length)
  const remove = async (path: string) => {
    await directory.remove(path, { signal })
    progress.done("remove", path)
  }
  for (const path of extra) if (inTheWay(path)) await remove(path)
  await download(logged, manifest.entries.values(), directory, options)
  for (const path of extra) if (!inTheWay(path)) await remove(path)
  return target.root
}

/** `a/b/c` → `a`, `a/b` */
function parents(path: string): string[] {
  const folders: string[] = []
  for (let slash = path.indexOf("/"); slash >= 0; slash = path.indexOf("/", slash + 1)) folders.push(path.slice(0, slash))
  return folders
}
