import { checkOptions, checkSignal, checksOf, type OptionChecks } from "../core/check.ts"
import { InvalidArgumentError } from "../errors.ts"
import type { CallOptions, Registry } from "../ports.ts"

/**
 * The options of one call, checked, besides those that `checks` names the signal. One that has fired already throws its reason, before
 * anything is done.
 */
export function checkCall<T extends CallOptions>(
  options: T | undefined,
  checks: readonly (keyof T & string)[] | OptionChecks<T> = {},
): T {
  const checked = checkOptions("options", options, { ...checksOf(checks), signal: checkSignal })
  checked.signal?.throwIfAborted()
  return checked
}

/** Passes on what a listing finds, also what it has looked up ahead, only as long as the signal has not fired. */
export async function* listed<T>(items: AsyncIterable<T> | Iterable<T>, signal: AbortSignal | undefined): AsyncGenerator<T> {
  for await (const item of items) {
    signal?.throwIfAborted()
    yield item
  }
}

export function checkRegistry(registry: unknown): Registry {
  if (typeof (registry as Partial<Registry> | null)?.createVersion === "function") return registry as Registry
  throw new InvalidArgumentError(
    "options.registry",
    "registry must be a Registry, such as createEmbeddedRegistry({ records, blobs }) makes; leave it out for this runtime's own",
  )
}
