/** Kills this process at its n-th change of the file system: every boundary between two changes can be met, and writes torn in half. */
import fs from "node:fs"
import { syncBuiltinESMExports } from "node:module"

type AnyFunction = (...args: never[]) => unknown

const synchronous = ["linkSync", "mkdirSync", "openSync", "renameSync", "rmSync", "unlinkSync", "utimesSync", "writeSync"] as const
const asynchronous = ["link", "mkdir", "open", "rename", "rm", "unlink"] as const
const ofHandles = ["datasync", "sync", "truncate", "write", "writeFile"] as const

/** How many changes there were, and what happens at the one numbered `dieAt` (0: nothing). */
export async function countChanges(dieAt: number): Promise<() => number> {
  let count = 0
  const step = (half: () => unknown) => {
    if (++count !== dieAt) return
    half()
    process.kill(process.pid, "SIGKILL")
  }
  const wrap = (owner: object, name: string, half: (self: unknown, args: never[]) => unknown = () => undefined) => {
    const original = Reflect.get(owner, name) as AnyFunction
    const wrapped = function (this: unknown, ...args: never[]) {
      step(() => half(this, args))
      return original.apply(this, args)
    }
    Reflect.set(owner, name, wrapped)
  }
  const { writeSync } = fs
  const writeHalf = (fd: number, bytes: Uint8Array | string) => {
    const data = Buffer.from(bytes as Uint8Array)
    writeSync(fd, data, 0, data.length >> 1)
  }
  const tornWrite = (_: unknown, args: never[]) => writeHalf(args[0]!, args[1]!)
  const handle = await fs.promises.open(process.execPath)
  const prototype = Object.getPrototypeOf(handle) as object
  await handle.close()
  const tornHandle = (self: unknown, args: never[]) => writeHalf((self as fs.promises.FileHandle).fd, args[0]!)
  for (const name of synchronous) wrap(fs, name, name === "writeSync" ? tornWrite : undefined)
  for (const name of asynchronous) wrap(fs.promises, name)
  for (const name of ofHandles) wrap(prototype, name, name.startsWith("write") ? tornHandle : undefined)
  syncBuiltinESMExports()
  return () => count
}
