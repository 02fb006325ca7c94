/** An environment variable, where the runtime has them and lets them be read. */
export function readEnvironment(name: string): string | undefined {
  const { process, Deno } = globalThis as {
    process?: { env?: { [name: string]: string | undefined } }
    Deno?: { env?: { get(name: string): string | undefined } }
  }
  try {
    return (process?.env?.[name] ?? Deno?.env?.get(name)) || undefined
  } catch {
    // Deno asks for a permission that may be refused.
    return undefined
  }
}
