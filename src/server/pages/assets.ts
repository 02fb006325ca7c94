import { hexEncode } from "../../core/digest-text.ts"
import { md5 } from "../../core/md5.ts"
import type { Links } from "./links.ts"
import { styleSheet } from "./style.ts"

interface Asset {
  readonly file: string
  readonly type: string
  readonly text: string
}

const icon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 20 20"><path fill="#d98a06" d="M10 1 18 5.5 10 10 2 5.5z"/><path \
fill="#2f6f9f" d="M2 7.2 9.2 11.2V19L2 15z"/><path fill="#1d4e74" d="M18 7.2 10.8 11.2V19L18 15z"/></svg>`

const folder = "assets"

/** The style sheet and the icon, each at an address that changes with what is in it, so that browsers keep them for good. */
export function createAssets() {
  const sheet = name("style", "css", "text/css; charset=utf-8", styleSheet)
  const mark = name("icon", "svg", "image/svg+xml", icon)
  return {
    addresses: ({ home }: Links) => ({ style: `${home}${folder}/${sheet.file}`, icon: `${home}${folder}/${mark.file}` }),
    find(parts: readonly string[]): Response | undefined {
      const asset = parts.length === 2 && parts[0] === folder ? [sheet, mark].find(({ file }) => file === parts[1]) : undefined
      return asset && send(asset)
    },
  }
}

function name(stem: string, ending: string, type: string, text: string): Asset {
  const hash = hexEncode(md5(new TextEncoder().encode(text))).slice(0, 12)
  return { file: `${stem}-${hash}.${ending}`, type, text }
}

function send({ type, text }: Asset): Response {
  return new Response(text, {
    headers: {
      "content-type": type,
      "cache-control": "public, max-age=31536000, immutable",
      "content-security-policy": "default-src 'none'; sandbox",
      "x-content-type-options": "nosniff",
    },
  })
}
