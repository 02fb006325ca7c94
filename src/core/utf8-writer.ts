const CAPACITY = 65_536

/**
 * Text in small pieces out as UTF-8 in large ones: `emit` gets a view that is only good until it returns. Call without text at the
 * end. Writes ASCII itself, which spares a million short strings from being joined first.
 */
export function createUtf8Writer(emit: (bytes: Uint8Array) => void): (text?: string) => void {
  const buffer = new Uint8Array(CAPACITY)
  const encoder = new TextEncoder()
  let filled = 0

  const flush = () => {
    emit(buffer.subarray(0, filled))
    filled = 0
  }

  const writeAny = (text: string) => {
    if (filled + text.length * 3 > CAPACITY) flush()
    if (text.length * 3 > CAPACITY) emit(encoder.encode(text))
    else filled += encoder.encodeInto(text, buffer.subarray(filled)).written
  }

  return (text) => {
    if (text === undefined) return flush()
    if (text.length > CAPACITY) return writeAny(text)
    if (filled + text.length > CAPACITY) flush()
    const start = filled
    for (let at = 0; at < text.length; at++) {
      const unit = text.charCodeAt(at)
      if (unit > 127) {
        filled = start
        return writeAny(text)
      }
      buffer[filled++] = unit
    }
  }
}
