/** What can be known without a person about how well everybody can use a page. */
import type { Page } from "playwright-core"

/** Controls without a name, ids that come twice, pictures without a text, text that is too faint; empty when all is well. */
export function audit(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const complaints: string[] = []
    const isShown = (element: Element) => element.checkVisibility({ checkVisibilityCSS: true, checkOpacity: true })
    const describe = (element: Element) =>
      `<${element.tagName.toLowerCase()} class="${element.className}"> ${element.textContent?.slice(0, 40)}`

    const ids = Array.from(document.querySelectorAll("[id]"), ({ id }) => id)
    for (const id of new Set(ids.filter((one, index) => ids.indexOf(one) !== index))) complaints.push(`id twice: ${id}`)

    const textOf = (list: string | null) =>
      (list ?? "")
        .split(" ")
        .map((id) => document.getElementById(id)?.textContent ?? "")
        .join(" ")
    const nameOf = (element: Element) =>
      [
        element.getAttribute("aria-label"),
        textOf(element.getAttribute("aria-labelledby")),
        ...Array.from((element as HTMLInputElement).labels ?? [], (label) => label.textContent),
        element.matches("input, select, textarea, progress, meter") ? "" : element.textContent,
      ]
        .join(" ")
        .trim()
    const controls =
      "a, button, input, select, textarea, progress, meter, summary, [role=list], [role=listbox], nav, [tabindex='0']"
    for (const element of document.querySelectorAll(controls))
      if (isShown(element) && nameOf(element) === "") complaints.push(`no name: ${describe(element)}`)
    for (const image of document.images) if (!image.hasAttribute("alt")) complaints.push(`no alt: ${image.src}`)
    for (const element of document.querySelectorAll("[tabindex]"))
      if ((element as HTMLElement).tabIndex > 0) complaints.push(`order: ${describe(element)}`)
    const tops = Array.from(document.querySelectorAll("h1")).filter(isShown)
    if (tops.length !== 1) complaints.push(`${tops.length} main headings`)
    if (document.documentElement.scrollWidth > innerWidth)
      complaints.push(`wider than the window: ${document.documentElement.scrollWidth}`)

    type Color = readonly [red: number, green: number, blue: number, alpha: number]
    const read = (text: string): Color => {
      const [red = 0, green = 0, blue = 0, alpha = 1] = (text.match(/[\d.]+/g) ?? []).map(Number)
      return [red, green, blue, alpha]
    }
    const over = (top: Color, below: Color): Color => {
      const mix = (index: 0 | 1 | 2) => top[index] * top[3] + below[index] * (1 - top[3])
      return [mix(0), mix(1), mix(2), 1]
    }
    const backgroundOf = (element: Element | null): Color => {
      if (element === null) return [255, 255, 255, 1]
      const color = read(getComputedStyle(element).backgroundColor)
      return color[3] === 1 ? color : over(color, backgroundOf(element.parentElement))
    }
    const luminance = (color: Color) => {
      const [red, green, blue] = color.map((part) =>
        part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4,
      )
      return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!
    }
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
      const element = node.parentElement!
      const faint = element.closest("script, .unseen, .skip, :disabled, [aria-hidden=true], option, datalist")
      if (node.textContent?.trim() === "" || faint !== null || !isShown(element)) continue
      const background = backgroundOf(element)
      const style = getComputedStyle(element)
      const [a, b] = [luminance(over(read(style.color), background)), luminance(background)]
      const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)
      if (ratio < 4.5) complaints.push(`contrast ${ratio.toFixed(2)}: ${describe(element)}`)
    }
    return complaints
  })
}

/** Presses Tab until the control of this name has the focus. */
export async function tabTo(page: Page, name: string | RegExp): Promise<void> {
  const seen: string[] = []
  for (let count = 0; count < 40; count++) {
    await page.keyboard.press("Tab")
    const text = await page.evaluate(() => {
      const element = document.activeElement as HTMLInputElement | null
      const label = element?.labels?.[0]?.textContent ?? element?.textContent
      return element?.getAttribute("aria-label") ?? label ?? ""
    })
    seen.push(text.slice(0, 40))
    if (typeof name === "string" ? text === name : name.test(text)) return
  }
  throw new Error(`Tab never reaches ${name}; it goes over ${seen.join(" | ")}`)
}
