/**
 * A stream as the body of a response of `length` bytes. Where the runtime has streams of known length (Workers) it sends the length by
 * them and no other way; elsewhere the header says it.
 */
export function sizedBody(body: ReadableStream<Uint8Array>, length: number | undefined): ReadableStream<Uint8Array<ArrayBuffer>> {
  const { FixedLengthStream: Sized } = globalThis as { FixedLengthStream?: new (length: number) => TransformStream }
  return Sized === undefined || length === undefined
    ? (body as ReadableStream<Uint8Array<ArrayBuffer>>)
    : body.pipeThrough(new Sized(length))
}
