import type { FileHandle } from "node:fs/promises"
import { storageError } from "./node-fs-errors.ts"

const BUFFER_BYTES = 256 * 1024

/** Writes chunks to a file one after the other; small ones are gathered, so that a stream of crumbs does not become a stream of system calls. */
interface FileSink {
  write(chunk: Uint8Array): Promise<void>
  end(): Promise<void>
}

export function createFileSink(file: FileHandle, label: string): FileSink {
  let buffer: Uint8Array | undefined
  let held = 0
  let position = 0
  const put = async (bytes: Uint8Array) => {
    await writeAll(file, bytes, position, label)
    position += bytes.byteLength
  }
  const flush = async () => {
    if (buffer !== undefined && held > 0) await put(buffer.subarray(0, held))
    held = 0
  }
  return {
    async write(chunk) {
      if (held + chunk.byteLength > BUFFER_BYTES) await flush()
      if (chunk.byteLength >= BUFFER_BYTES) return put(chunk)
      buffer ??= new Uint8Array(BUFFER_BYTES)
      buffer.set(chunk, held)
      held += chunk.byteLength
    },
    end: flush,
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
