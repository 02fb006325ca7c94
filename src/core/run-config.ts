import { plainJson } from "./exact-json.ts"
import { type JsonMember, membersOf, objectText } from "./json-members.ts"

const argument = "config"
/** What W&B's clients keep there of their own. */
const notSettings = new Set(["_wandb", "wandb_version"])

/**
 * A run's config as W&B has it, each setting under `value`. Both ways are on JSON text, so that every number stays as somebody wrote it.
 */
export function wrapConfig(text: string): string {
  return objectText(membersOf(text, argument).map(([key, value]) => [key, `{"value":${value}}`]))
}

/** The settings alone; W&B's clients may have wrapped them, and write numbers as Python does: see {@link plainJson}. */
export function unwrapConfig(text: string): string {
  const settings = membersOf(plainJson(text), argument).filter(([key]) => !notSettings.has(key))
  return objectText(settings.map(([key, value]): JsonMember => [key, unwrapped(value)]))
}

function unwrapped(text: string): string {
  if (!text.startsWith("{")) return text
  return membersOf(text, argument).findLast(([key]) => key === "value")?.[1] ?? text
}
