/**
 * A file being written. It joins the artifact when closed; aborted or never closed, it leaves nothing.
 *
 * A plain `WritableStream` of bytes or text (`response.body.pipeTo(file)`), with `write` and `writeText` for those who do not pipe.
 */
export class ArtifactFileWriter extends WritableStream<Uint8Array | string> {
  /** Writes a chunk; resolves when the next one is welcome. */
  async write(chunk: Uint8Array | string): Promise<void> {
    const writer = this.getWriter()
    try {
      await writer.ready
      await writer.write(chunk)
    } finally {
      writer.releaseLock()
    }
  }

  /** Writes text as UTF-8. */
  writeText(text: string): Promise<void> {
    return this.write(text)
  }
}
