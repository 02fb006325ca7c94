/** A table that Python logged, read in Chromium and drawn on canvases: examples/table against our server. */

import { servePage } from "../examples/page.ts"
import { drawnOver, layerNames, openServer, openTable, picturesOf } from "../examples/table-steps.ts"
import { launchChromium } from "../runtimes/chromium.ts"
import type { Group } from "./group.ts"
import { ENTITY, type Host } from "./wire-host.ts"

export async function checkMediaPage(group: Group, host: Host): Promise<void> {
  await using site = await servePage("table")
  const browser = await launchChromium()
  try {
    const page = await browser.newPage({ viewport: { width: 1600, height: 1200 } })
    await page.goto(site.origin)
    await openServer(page, { ...host, project: `${ENTITY}/garden` })
    await openTable(page, "media-python", "album")
    const labels = (await picturesOf(page, 3)).map(({ label }) => label)
    const seen = ["an ära with class_7, ara 0.25, bee-eater", "Picture with class_7", "Picture"]
    group.same(labels, seen, "what the pictures of Python's table show, in Chromium")
    const over = { "boxes seen": [0, 1], "boxes guessed": [0], "mask a": [1], "mask b": [1], "mask of": [2] }
    group.same((await layerNames(page)).sort(), Object.keys(over).sort(), "the layers of Python's table, in Chromium")
    for (const [layer, pictures] of Object.entries(over))
      group.same(await drawnOver(page, layer, 3), pictures, `${layer}: what it is drawn over`)
  } finally {
    await browser.close()
  }
}
