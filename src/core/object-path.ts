/** The entry of a typed object: `t` is at `t.table.json`. A name that ends so already, dot or not, stays as it is: W&B's rule. */
export function objectPath(logType: string, name: string): string {
  const suffix = `${logType}.json`
  return name.endsWith(suffix) ? name : `${name}.${suffix}`
}
