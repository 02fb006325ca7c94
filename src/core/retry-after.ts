/**
 * How long a server asks to be left alone, in milliseconds: `Retry-After` in seconds, with fractions as W&B sends them, or as a date.
 * Undefined when it does not say.
 */
export function retryAfterMs(headers: Headers): number | undefined {
  const text = headers.get("retry-after")
  if (text === null) return undefined
  const waitMs = /^\s*\d+(\.\d+)?\s*$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now()
  return Number.isFinite(waitMs) ? Math.max(waitMs, 0) : undefined
}
