import { BaseSequencer, type TestSpecification } from "vitest/node"

/** What takes longest, in this order, by how the path below test/ begins. Most of them are small files that start something large. */
const longest = [
  "runtimes/chromium-page",
  "runtimes/workerd.test",
  "runtimes/",
  "durability/wire-kill",
  "references/http-runtimes",
  "examples/browser-upload",
  "wandb/faults",
  "storage/node-fs-kill",
  "durability/",
  "browser/",
  "server/pages-chromium",
  "references/http.test",
  "storage/r2-requests",
]

/** Begins with the files that take longest, so that none of them is left alone at the end. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const others = await super.sort(files)
    return others.toSorted((a, b) => rank(a) - rank(b))
  }
}

function rank({ moduleId }: TestSpecification): number {
  const at = longest.findIndex((start) => moduleId.includes(`/test/${start}`))
  return at < 0 ? longest.length : at
}
