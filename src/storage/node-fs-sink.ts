import type { FileHandle } from "node:fs/promises"
import { storageError } from "./node-fs-errors.ts"

const BUFFER_BYTES = 256 * 1024

/**
 * Writes chunks to a file one after the other; small ones are gathered, so that a stream of crumbs does not become a stream of system calls,
 * and written while the next are gathered. A write that failed fails the call after it, `end` at the latest.
 */
interface FileSink {
  write(chunk: Uint8Array): Promise<void>
  end(): Promise<void>
}

export function createFileSink(file: FileHandle, label: string): FileSink {
  let buffer: Uint8Array | undefined
  let spare: Uint8Array | undefined
  let held = 0
  let position = 0
  let writing: Promise<void> = Promise.resolve()
  const put = (bytes: Uint8Array) => {
    writing = writeAll(file, bytes, position, label)
    // Whoever awaits it next hears of a failure; until then nobody may.
    writing.catch(() => undefined)
    position += bytes.byteLength
  }
  const flush = async () => {
    await writing
    if (buffer === undefined || held === 0) return
    put(buffer.subarray(0, held))
    ;[buffer, spare] = [spare, buffer]
    held = 0
  }
  return {
    async write(chunk) {
      if (held + chunk.byteLength > BUFFER_BYTES) await flush()
      if (chunk.byteLength < BUFFER_BYTES) {
        buffer ??= new Uint8Array(BUFFER_BYTES)
        buffer.set(chunk, held)
        held += chunk.byteLength
        return
      }
      await writing
      put(chunk)
      // It is its owner's again when this settles.
      await writing
    },
    async end() {
      await flush()
      await writing
    },
  }
}

/** All of `bytes` at `position`; the system may take fewer at a time. */
export async function writeAll(file: FileHandle, bytes: Uint8Array, position: number, label: string): Promise<void> {
  let written = 0
  try {
    while (written < bytes.byteLength) {
      written += (await file.write(bytes, written, bytes.byteLength - written, position + written)).bytesWritten
    }
  } catch (error) {
    throw storageError(error, "write", label)
  }
}
