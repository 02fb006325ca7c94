const alphabet = "abcdefghijklmnopqrstuvwxyz0123456789"

/** Characters of `[a-z0-9]`, each equally likely. */
export function randomId(length: number): string {
  let id = ""
  while (id.length < length) {
    for (const byte of crypto.getRandomValues(new Uint8Array(length))) {
      // 252 is the largest multiple of 36 in a byte; taking more would favour the first letters.
      if (byte < 252 && id.length < length) id += alphabet[byte % 36]
    }
  }
  return id
}
