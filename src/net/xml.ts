const ENTITIES = new Map(Object.entries({ amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" }))
const MAX_CODE_POINT = 0x10ffff

/** The text of what an S3 answer holds between `<tag>` and `</tag>`, each time; answers are flat enough for no more than that. */
export function readTags(xml: string, tag: string): string[] {
  const texts: string[] = []
  const opening = new RegExp(`<${tag}(?=[\\s>])`, "g")
  // No expression for the whole of it: one that looks for an end that is not there looks through all the rest, each time.
  while (opening.test(xml)) {
    const start = xml.indexOf(">", opening.lastIndex) + 1
    const end = xml.indexOf(`</${tag}>`, start)
    if (start === 0 || end < 0) break
    texts.push(xml.slice(start, end))
    opening.lastIndex = end
  }
  return texts
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

/** A store's word for what went wrong. It goes into messages, so what is no word stays out: a store may repeat all that it was sent. */
export function readCode(xml: string): string | undefined {
  const code = readTag(xml, "Code")
  return code !== undefined && isCode(code) ? code : undefined
}

export const isCode = (text: string) => /^[\w.-]{1,64}$/.test(text)

export function escapeXml(text: string): string {
  return text.replace(/[&<>"]/g, (char) => `&#${char.charCodeAt(0)};`)
}
