import type { Membership } from "../../ports.ts"
import { visible } from "./format.ts"
import { type Html, html } from "./html.ts"
import { memberName } from "./parts.ts"
import type { Visit } from "./visit.ts"

/** How a program gets at this version, ready to be copied. Names are written as the languages' own string literals. */
export function usageOf({ call }: Visit, member: Membership): Html {
  const { entity, project } = member.collection
  const path = literal(`${entity}/${project}/${memberName(member)}`)
  const address = literal(call.baseUrl)
  const python = [
    "import wandb",
    "",
    `api = wandb.Api(overrides={"base_url": ${address}}, api_key=api_key)`,
    `artifact = api.artifact(${path})`,
    "artifact.download()",
  ]
  const javascript = [
    `import { Api } from "isofact"`,
    `import { wandb } from "isofact/wandb"`,
    "",
    `const api = new Api({ registry: wandb({ baseUrl: ${address}, apiKey }) })`,
    `const artifact = await api.artifact(${path})`,
    `await artifact.download()`,
  ]
  return html`<section><h2>Use it</h2>${snippet("JavaScript", javascript)}${snippet("Python", python)}</section>`
}

function snippet(language: string, lines: readonly string[]): Html {
  return html`<figure class="code"><figcaption>${language}</figcaption><pre tabindex="0"><code>${lines.join("\n")}</code></pre></figure>`
}

/** What both languages read as this text. */
function literal(text: string): string {
  return JSON.stringify(visible(text))
}
