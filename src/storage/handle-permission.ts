import { StorageError } from "../errors.ts"

type Guarded = FileSystemDirectoryHandle & {
  queryPermission?(wanted: { mode: "readwrite" }): Promise<PermissionState>
  requestPermission?(wanted: { mode: "readwrite" }): Promise<PermissionState>
}

/** Rejects with `StorageError` unless this page may write into `folder`; asks the user if nobody has yet, and if the browser lets us. */
export async function requireWritable(folder: Guarded, name: string): Promise<void> {
  const wanted = { mode: "readwrite" } as const
  const known = (await folder.queryPermission?.(wanted)) ?? "granted"
  // Asking outside of a click throws.
  const state = known === "prompt" ? await folder.requestPermission?.(wanted).catch(() => known) : known
  if (state === "granted") return
  throw new StorageError(
    `this page may not write into the folder "${name}"; in a click, await handle.requestPermission({ mode: "readwrite" }), or let the user pick another folder`,
    { path: name, operation: "write" },
  )
}
