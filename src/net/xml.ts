const ENTITIES = new Map(Object.entries({ amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" }))
const MAX_CODE_POINT = 0x10ffff

/** The text of what an S3 answer holds between `<tag>` and `</tag>`, each time; answers are flat enough for no more than that. */
export function readTags(xml: string, tag: string): string[] {
  return [...xml.matchAll(new RegExp(`<${tag}(?:\\s[^>]*)?>([^]*?)</${tag}>`, "g"))].map((match) => match[1]!)
}

/** The first of {@link readTags}, with its entities decoded; what is none stays as it stands. */
export function readTag(xml: string, tag: string): string | undefined {
  const text = readTags(xml, tag)[0]
  return text?.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (whole, hex, decimal, name) => {
    if (name !== undefined) return ENTITIES.get(name) ?? whole
    const code = Number.parseInt(hex ?? decimal, hex === undefined ? 10 : 16)
    return code <= MAX_CODE_POINT ? String.fromCodePoint(code) : whole
  })
}

export function escapeXml(text: string): string {
  return text.replace(/[&<>"]/g, (char) => `&#${char.charCodeAt(0)};`)
}
