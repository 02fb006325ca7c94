/**
 * Which subpath is for which runtime.
 *
 * What a runtime gets by default is chosen by the conditions of `#platform`, the first that matches. Set are: by wrangler `workerd`, `worker`
 * and `browser`; by Deno `deno` and `node`; by Bun `bun` and `node`; by Node `node`; by Vite, webpack and esbuild for pages `browser`.
 */
import { manifest } from "./support.ts"

export const processes = ["node", "deno", "bun"] as const
export type Process = (typeof processes)[number]
export type Runtime = Process | "workerd" | "chromium"

const everywhere: readonly Runtime[] = [...processes, "workerd", "chromium"]

/**
 * Where each subpath can be imported. Those that are for one runtime's storage load everywhere too, and say at first use what is missing;
 * only what imports a module of its host cannot even load elsewhere.
 */
export const homes: Readonly<Record<string, readonly Runtime[]>> = {
  ".": everywhere,
  "./browser": everywhere,
  "./digest/digest-stream": everywhere,
  "./digest/hash-wasm": everywhere,
  "./digest/js-md5": everywhere,
  "./digest/md5-simd": everywhere,
  "./digest/node-crypto": processes,
  "./media": everywhere,
  "./node": processes,
  "./references/azure": everywhere,
  "./references/gcs": everywhere,
  "./references/http": everywhere,
  "./references/r2": everywhere,
  "./references/s3": everywhere,
  "./registry/embedded": everywhere,
  "./route": everywhere,
  "./server": everywhere,
  "./storage/browser": everywhere,
  "./storage/directory-handle": everywhere,
  "./storage/indexeddb": everywhere,
  "./storage/memory": everywhere,
  "./storage/node-fs": processes,
  "./storage/opfs": everywhere,
  "./storage/r2": everywhere,
  "./storage/s3": everywhere,
  "./sync": everywhere,
  "./wandb": everywhere,
  "./workerd": ["workerd"],
  "./zip": everywhere,
}

export const subpaths = Object.keys(manifest.exports).filter((name) => name !== "./package.json")
export const specifier = (subpath: string) => manifest.name + subpath.slice(1)
export const specifiersFor = (runtime: Runtime) => subpaths.filter((subpath) => homes[subpath]!.includes(runtime)).map(specifier)
