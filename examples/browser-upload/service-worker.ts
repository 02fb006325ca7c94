/** Addresses for stored files, where a service worker serves this page. A page that was reloaded past its caches has none. */

/** Starts the service worker; without one, files are shown from memory. Resolves when it serves this page, or never will. */
export async function startServiceWorker(): Promise<void> {
  const { serviceWorker } = navigator
  if (serviceWorker === undefined) return
  await serviceWorker.register("./sw.js").catch(() => undefined)
}

export const isServed = (): boolean => navigator.serviceWorker?.controller != null

/** `artifacts/birds:v3/a.png`, relative to the page. */
export function fileAddress(version: string, path: string): string {
  return `artifacts/${[version, ...path.split("/")].map(encodeURIComponent).join("/").replaceAll("%3A", ":")}`
}

export const zipAddress = (version: string): string => `zips/${encodeURIComponent(version)}`
