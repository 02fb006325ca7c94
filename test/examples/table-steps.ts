/** What somebody does and sees on the page of tables. */
import type { Page } from "playwright-core"

export const WAIT = { timeout: 30_000 }

export interface Picture {
  /** What it says it shows. */
  readonly label: string
  /** Its pixels, as an address of data. */
  readonly pixels: string
}

/** The pictures of the table, after all of them were drawn. */
export async function picturesOf(page: Page, count: number): Promise<Picture[]> {
  await page
    .locator("figure.drawn")
    .nth(count - 1)
    .waitFor(WAIT)
  return page
    .locator("figure.drawn canvas")
    .evaluateAll((list) =>
      list.map((canvas) => ({ label: canvas.ariaLabel ?? "", pixels: (canvas as HTMLCanvasElement).toDataURL() })),
    )
}

export const layerNames = async (page: Page): Promise<string[]> =>
  (await page.locator(".layers label").allTextContents()).map((text) => text.trim())

/** The numbers of the pictures over which a layer is drawn: those that change when it is taken away. */
export async function drawnOver(page: Page, layer: string, count: number): Promise<number[]> {
  const box = page.getByLabel(layer, { exact: true })
  const before = await picturesOf(page, count)
  await box.uncheck()
  const after = await picturesOf(page, count)
  await box.check()
  const again = await picturesOf(page, count)
  if (again.some(({ pixels }, at) => pixels !== before[at]!.pixels)) throw new Error(`"${layer}" did not come back as it was`)
  return before.flatMap(({ pixels }, at) => (pixels === after[at]!.pixels ? [] : [at]))
}

/** The colour of a point of a picture, in fractions of it. */
export const colorAt = (page: Page, picture: number, x: number, y: number): Promise<number[]> =>
  page
    .locator("figure.drawn canvas")
    .nth(picture)
    .evaluate(
      (element, [left, top]) => {
        const canvas = element as HTMLCanvasElement
        const context = canvas.getContext("2d")!
        return [...context.getImageData(Math.floor(left! * canvas.width), Math.floor(top! * canvas.height), 1, 1).data]
      },
      [x, y],
    )

export async function openServer(
  page: Page,
  to: { readonly url: string; readonly key: string; readonly project: string },
): Promise<void> {
  await page.getByText("Open a server").click()
  await page.getByLabel("Address").fill(to.url)
  await page.getByLabel("API key").fill(to.key)
  await page.getByLabel("Project").fill(to.project)
  await page.getByRole("button", { name: "Open", exact: true }).click()
}

/** Chooses an artifact and a table of it, and waits until that has taken the place of what was shown. */
export async function openTable(page: Page, artifact: string, table: string): Promise<void> {
  const heading = page.getByRole("heading", { name: new RegExp(`^${artifact}:`) })
  // What is open already would be shown anew, under the next click.
  if (!(await heading.isVisible()))
    await page.getByRole("navigation", { name: "Artifacts" }).getByRole("link", { name: artifact, exact: true }).click()
  await heading.waitFor(WAIT)
  await page.getByRole("navigation", { name: "Tables" }).getByRole("link", { name: table, exact: true }).click()
  await page.locator(".tables [aria-current=page]").getByText(table, { exact: true }).waitFor(WAIT)
}
