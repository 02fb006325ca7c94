/** A small reader of zip files that goes by the rules: the end, the list it points to, each file's own header, its checksum. */

export interface Unzipped {
  readonly files: Map<string, Uint8Array>
  /** Whether the end has zip64 records. */
  readonly isLong: boolean
  readonly dates: Set<number>
}

export function unzip(zip: Uint8Array): Unzipped {
  const view = new DataView(zip.buffer, zip.byteOffset, zip.byteLength)
  const expectMark = (at: number, mark: number, what: string) => {
    if (view.getUint32(at, true) !== mark) throw new Error(`no ${what} at byte ${at}`)
  }
  const end = zip.byteLength - 22
  expectMark(end, 0x06054b50, "end")
  const isLong = end >= 76 && view.getUint32(end - 20, true) === 0x07064b50
  const long = isLong ? Number(view.getBigUint64(end - 12, true)) : 0
  if (isLong) expectMark(long, 0x06064b50, "long end")
  const count = isLong ? Number(view.getBigUint64(long + 32, true)) : view.getUint16(end + 10, true)
  let at = isLong ? Number(view.getBigUint64(long + 48, true)) : view.getUint32(end + 16, true)
  const files = new Map<string, Uint8Array>()
  const dates = new Set<number>()
  for (let index = 0; index < count; index++) {
    expectMark(at, 0x02014b50, "list entry")
    const size = view.getUint32(at + 24, true)
    const nameLength = view.getUint16(at + 28, true)
    const name = new TextDecoder("utf-8", { fatal: true }).decode(zip.subarray(at + 46, at + 46 + nameLength))
    const local = view.getUint32(at + 42, true)
    expectMark(local, 0x04034b50, "file header")
    const data = local + 30 + view.getUint16(local + 26, true) + view.getUint16(local + 28, true)
    const bytes = zip.subarray(data, data + size)
    if (crc32(bytes) !== view.getUint32(at + 16, true)) throw new Error(`${name} has another checksum`)
    if (files.has(name)) throw new Error(`${name} comes twice`)
    files.set(name, bytes)
    dates.add(view.getUint32(at + 12, true))
    at += 46 + nameLength + view.getUint16(at + 30, true) + view.getUint16(at + 32, true)
  }
  if (at !== (isLong ? long : end)) throw new Error("the list does not end where the end starts")
  return { files, isLong, dates }
}

function crc32(bytes: Uint8Array): number {
  let crc = ~0
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0)
  }
  return ~crc >>> 0
}
