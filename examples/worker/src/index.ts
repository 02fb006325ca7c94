/**
 * A Worker that keeps a dataset in R2: every hour it writes a version with one more file, and it serves any file of any version,
 * by range where asked: `GET /artifacts/birds:latest/index.json`. Try it with `npx wrangler dev --test-scheduled`.
 */
import { Artifact, init, isArtifactError, type Run } from "isofact"
import { createArtifactRoute } from "isofact/route"

const route = createArtifactRoute()

export default {
  async fetch(request: Request): Promise<Response> {
    return (await route(request)) ?? new Response("Try /artifacts/birds:latest/index.json\n", { status: 404 })
  },

  async scheduled({ scheduledTime }: { readonly scheduledTime: number }): Promise<void> {
    await using run = await init({ jobType: "hourly" })
    const birds = await nextDraft(run)
    const hour = new Date(scheduledTime).toISOString().slice(0, 13)
    // What the draft has already is neither read nor written again.
    await birds.newFile(`hours/${hour}.json`, (file) => file.writeText(JSON.stringify(watch(scheduledTime))), { mode: "w" })
    const index = [...birds.manifest.entries.keys()].filter((path) => path.startsWith("hours/"))
    await birds.newFile("index.json", (file) => file.writeText(JSON.stringify(index)), { mode: "w" })
    await run.logArtifact(birds)
  },
}

async function nextDraft(run: Run): Promise<Artifact> {
  try {
    const latest = await run.useArtifact("birds:latest")
    return await latest.newDraft()
  } catch (error) {
    if (isArtifactError(error) && error.code === "ENTRY_NOT_FOUND") return new Artifact("birds", "dataset")
    throw error
  }
}

/** Stands for whatever the Worker looks at every hour. */
function watch(scheduledTime: number) {
  const hour = new Date(scheduledTime).getUTCHours()
  return { at: scheduledTime, wrens: (hour * 7) % 5, robins: (hour * 11) % 4 }
}
