import { type ChildProcess, spawn } from "node:child_process"
import { join } from "node:path"
import { lookAt } from "../leaks.ts"

export interface Child {
  readonly process: ChildProcess
  /** Lines it has said so far. */
  readonly lines: string[]
  /** Resolves with its exit code, null when it was killed; rejects with what it complained of. */
  readonly ended: Promise<number | null>
}

/** Starts `child.ts` in a process of its own. */
export function startChild(args: readonly string[], options: { readonly uid?: number } = {}): Child {
  const child = spawn(process.execPath, [join(import.meta.dirname, "child.ts"), ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    ...options,
  })
  const lines: string[] = []
  let partial = ""
  let complaint = ""
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    const parts = (partial + text).split("\n")
    partial = parts.pop()!
    lines.push(...parts)
  })
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    complaint += text
  })
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on("error", reject)
    child.on("close", (code) => {
      lookAt([...lines, partial, complaint].join("\n"), `storage/child.ts ${args[0]}`)
      if (code) reject(new Error(complaint))
      else resolve(code)
    })
  })
  return { process: child, lines, ended }
}

/** Starts a child, lets it say a line, and kills it at some moment after that. */
export async function killSoon(args: readonly string[], withinMs: number): Promise<Child> {
  const child = startChild(args)
  while (child.lines.length === 0) {
    await Promise.race([new Promise((resolve) => setTimeout(resolve, 5)), child.ended.then(() => undefined)])
    if (child.process.exitCode !== null) break
  }
  await new Promise((resolve) => setTimeout(resolve, Math.random() * withinMs))
  child.process.kill("SIGKILL")
  await child.ended
  return child
}
