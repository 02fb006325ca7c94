/** What an annotator does and reads on the page, and browsers it is opened in. */
import type { BrowserContext, Page } from "playwright-core"
import { makePicture } from "./browser-upload-site.ts"

export const WAIT = { timeout: 60_000 }

/** How many files the second step says are stored. */
export async function storedCount(of: Page): Promise<number> {
  const text = await of.locator(".steps li").nth(1).locator(".step-head .amount").textContent()
  return Number(text?.replace(/ of .*/, "").replaceAll(",", ""))
}

export async function untilStored(of: Page, count: number): Promise<void> {
  const storesMore = (least: number) => {
    const text = document.querySelectorAll(".steps li")[1]?.querySelector(".amount")?.textContent ?? ""
    return Number(text.replace(/ of .*/, "").replaceAll(",", "")) >= least
  }
  await of.waitForFunction(storesMore, count, { polling: 20, ...WAIT })
}

/** A fact of the summary, such as `Stored now`. */
export async function fact(of: Page, term: string): Promise<number> {
  const row = of.locator(".facts div").filter({ has: of.getByText(term, { exact: true }) })
  return Number((await row.locator("dd").textContent())?.replace(/ files?$/, "").replaceAll(",", ""))
}

export const button = (of: Page, name: string) => of.getByRole("button", { name, exact: true })
export const heading = (of: Page, name: string | RegExp) => of.getByRole("heading", { name })

/** As in Firefox and Safari. A headless Chromium ends when it reads the handle of a real folder from IndexedDB. */
export async function withoutHandles(context: BrowserContext): Promise<void> {
  await context.addInitScript(() => {
    Reflect.deleteProperty(DataTransferItem.prototype, "getAsFileSystemHandle")
    // There is nobody to answer its dialog.
    Reflect.deleteProperty(window, "showSaveFilePicker")
  })
}

/**
 * A headless Chromium ends when it reads a handle from IndexedDB. What stands in for it there has the same folder behind it; the rest,
 * from the permission on, is the page's own way.
 */
export async function keepHandles(context: BrowserContext): Promise<void> {
  await context.addInitScript(() => {
    const { put } = IDBObjectStore.prototype
    const standIn = (name: string) => ({
      kind: "directory",
      name,
      queryPermission: async () => "prompt",
      requestPermission: async () => "granted",
      entries() {},
      async *values() {
        yield* (await (await navigator.storage.getDirectory()).getDirectoryHandle(name)).values()
      },
    })
    IDBObjectStore.prototype.put = function (value, key) {
      const handle = value?.handle as FileSystemHandle | undefined
      return put.call(this, handle === undefined ? value : { ...value, handle: undefined, handleName: handle.name }, key)
    }
    const { get } = Object.getOwnPropertyDescriptor(IDBRequest.prototype, "result")!
    Object.defineProperty(IDBRequest.prototype, "result", {
      get() {
        const value = get!.call(this)
        return value?.handleName === undefined ? value : { ...value, handle: standIn(value.handleName) }
      },
    })
  })
}

/** A folder that a picker would give; its handle lasts, as that of a real one in a browser with a window. */
export async function fill(page: Page, name: string, count: number): Promise<void> {
  const pictures = Array.from({ length: count }, (_, index) => makePicture(index + 5000).toString("base64"))
  await page.evaluate(
    async ([folder, list]) => {
      const picked = await (await navigator.storage.getDirectory()).getDirectoryHandle(folder, { create: true })
      for (const [index, text] of list.entries()) {
        const writable = await (await picked.getFileHandle(`${index}.png`, { create: true })).createWritable()
        await writable.write(Uint8Array.from(atob(text), (char) => char.charCodeAt(0)))
        await writable.close()
      }
      Object.assign(window, { showDirectoryPicker: async () => picked })
    },
    [name, pictures] as const,
  )
}
