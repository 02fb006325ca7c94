import { platform } from "isofact/browser"
import { h } from "./dom.ts"
import { bytes } from "./format.ts"
import { loadSession, type Session } from "./session.ts"

/** Bytes; undefined where the browser does not say. */
export async function roomLeft(): Promise<number | undefined> {
  const { quota, usage } = await estimate()
  return quota === undefined || usage === undefined ? undefined : Math.max(0, quota - usage)
}

/** Whether this window keeps data at all: private windows and strict settings refuse it. */
export async function canKeep(): Promise<boolean> {
  try {
    for await (const _ of platform.registry().collections(await platform.registry().defaults(), undefined)) break
    return true
  } catch {
    return false
  }
}

/** How much is stored here, how much may be, and whether the browser promised not to clear it. */
export async function showRoom(place: HTMLElement): Promise<void> {
  const [{ quota, usage }, isKept] = await Promise.all([estimate(), persisted()])
  if (quota === undefined || usage === undefined) return
  const share = quota > 0 ? Math.min(1, usage / quota) : 1
  place.replaceChildren(
    h("label", { for: "room-meter" }, h("b", {}, bytes(usage)), ` of ${bytes(quota)} used`),
    h("meter", { id: "room-meter", value: share, min: 0, max: 1, high: 0.8, optimum: 0 }),
    !isKept && usage > 0 ? createKeepButton(place) : "",
  )
}

/**
 * Frees what deleted versions leave behind; the bytes freed. What was stored since an unfinished logging began may be its and stays, as
 * do the bytes of a day while another tab logs.
 */
export async function freeRoom(): Promise<number> {
  const collect = async (graceMs?: number) => (await platform.registry().gc({ graceMs })).bytesFreed
  if (navigator.locks === undefined) return collect()
  return navigator.locks.request("browser-upload: logging", { ifAvailable: true }, async (lock) =>
    collect(lock === null ? undefined : graceOf(await loadSession())),
  )
}

/** Clocks of stores are read a moment after ours. */
const graceOf = (session: Session | undefined) => (session === undefined ? 0 : Date.now() - session.startedAt + 60_000)

function createKeepButton(place: HTMLElement): HTMLElement {
  const title = "The browser may clear this page's files when the disk is nearly full. Ask it not to."
  const ask = async ({ currentTarget }: Event) => {
    const isGranted = (await navigator.storage?.persist?.().catch(() => false)) ?? false
    if (isGranted) await showRoom(place)
    else (currentTarget as HTMLElement | null)?.replaceWith(h("span", { class: "quiet" }, "Not protected by this browser"))
  }
  return h("button", { class: "link", type: "button", title, onclick: (event) => void ask(event) }, "Protect from clearing")
}

async function estimate(): Promise<StorageEstimate> {
  return (await navigator.storage?.estimate?.().catch(() => undefined)) ?? {}
}

async function persisted(): Promise<boolean> {
  return (await navigator.storage?.persisted?.().catch(() => false)) ?? false
}
