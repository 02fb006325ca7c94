/** The most files that the short end of a zip file can count. */
export const MAX_SHORT_COUNT = 0xffff - 1

/** Bytes that the long end adds. */
export const RECORD_BYTES = 76

const MAX_SHORT_OFFSET = 0xffffffff

/** Whether the list of files starts so far in that the long end is there anyway. */
export const isLong = (offset: number): boolean => offset >= MAX_SHORT_OFFSET

/**
 * The last 22 bytes of a zip file of `count` files, with the zip64 records before them that more than 65,534 files need. client-zip
 * writes those only for many bytes, and readers that go by the count then miss the files beyond.
 */
export function endOf(end: Uint8Array, count: number): Uint8Array {
  const short = new DataView(end.buffer, end.byteOffset, end.byteLength)
  const offset = short.getUint32(16, true)
  if (count <= MAX_SHORT_COUNT || isLong(offset)) return end
  const size = short.getUint32(12, true)
  const whole = new Uint8Array(RECORD_BYTES + end.byteLength)
  const view = new DataView(whole.buffer)
  const put = (at: number, value: number) => view.setBigUint64(at, BigInt(value), true)
  view.setUint32(0, 0x06064b50, true)
  put(4, 44)
  // Made by and needed to read it: version 4.5, the first that knows these records.
  view.setUint32(12, 0x002d002d, true)
  put(24, count)
  put(32, count)
  put(40, size)
  put(48, offset)
  view.setUint32(56, 0x07064b50, true)
  put(64, offset + size)
  view.setUint32(72, 1, true)
  whole.set(end, RECORD_BYTES)
  // All ones: look at the record instead.
  view.setUint16(RECORD_BYTES + 8, 0xffff, true)
  view.setUint16(RECORD_BYTES + 10, 0xffff, true)
  return whole
}
