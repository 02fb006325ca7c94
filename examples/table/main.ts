import { Api, type Artifact } from "isofact"
import { wandb } from "isofact/wandb"
import { find, make, problem } from "./dom.ts"
import { logSample, PROJECT } from "./sample.ts"
import { showTable } from "./table-view.ts"

const TABLE = /\.(?:joined-|partitioned-)?table\.json$/
/** Where W&B keeps tables that others are made of. */
const PARTS = /^media\/tables\//

let api = new Api({ project: PROJECT })
let turn = 0

/** What the address says: `#artifact=album:latest&table=photos.table.json`. */
function address(): { readonly artifact: string | null; readonly table: string | null } {
  const parameters = new URLSearchParams(location.hash.slice(1))
  return { artifact: parameters.get("artifact"), table: parameters.get("table") }
}

const addressOf = (place: Record<string, string>): string => `#${new URLSearchParams(place)}`

async function listArtifacts(of: Api): Promise<void> {
  const links: HTMLElement[] = []
  for await (const { name, type } of of.artifactCollections()) {
    const href = addressOf({ artifact: `${name}:latest` })
    links.push(make("li", {}, make("a", { href }, name), ` ${type}`))
  }
  find("artifacts").replaceChildren(...links)
}

async function go(): Promise<void> {
  const mine = ++turn
  const { artifact: name, table } = address()
  mark()
  const view = name === null ? make("p", {}, "Choose an artifact.") : await artifactView(name, table).catch(problem)
  // Somebody went on while it was opened.
  if (mine === turn) find("main").replaceChildren(view)
}

async function artifactView(name: string, wanted: string | null): Promise<HTMLElement> {
  const artifact: Artifact = await api.artifact(name)
  const tables = [...artifact.manifest.entries.keys()].filter((path) => TABLE.test(path) && !PARTS.test(path))
  const path = wanted ?? tables[0]
  const links = tables.map((each) => {
    const href = addressOf({ artifact: name, table: each })
    const ariaCurrent = each === path ? "page" : "false"
    return make("a", { href, ariaCurrent }, each.replace(TABLE, ""))
  })
  const head = [make("h2", {}, artifact.sourceName), make("nav", { ariaLabel: "Tables", className: "tables" }, ...links)]
  if (path === undefined) return make("div", {}, ...head, make("p", {}, "There is no table in it."))
  return make("div", {}, ...head, await showTable(await artifact.get(path)))
}

function mark(): void {
  const { artifact } = address()
  for (const link of find("artifacts").querySelectorAll("a"))
    link.ariaCurrent = artifact !== null && link.hash === addressOf({ artifact }) ? "page" : "false"
}

/** The key is kept by this page alone, and for as long as it is open. */
async function openServer(form: HTMLFormElement): Promise<void> {
  const text = (name: string) => String(new FormData(form).get(name))
  const [project, entity] = text("project").split("/").reverse()
  form.querySelector(".problem")?.remove()
  try {
    const next = new Api({ registry: wandb({ apiKey: text("key"), baseUrl: text("address") }), entity, project })
    await listArtifacts(next)
    // Not before it has answered: what is open goes on with what it came from.
    api = next
  } catch (error) {
    form.append(problem(error))
    return
  }
  find("place").textContent = `From ${new URL(text("address")).host}, ${text("project")}`
  form.closest("details")!.open = false
  if (location.hash === "") await go()
  else location.hash = ""
}

find("server").addEventListener("submit", (event) => {
  event.preventDefault()
  void openServer(event.target as HTMLFormElement)
})
addEventListener("hashchange", () => void go())

find("place").textContent = "From this browser"
try {
  if (!(await api.artifactCollectionExists("garden", "dataset"))) await logSample()
  await listArtifacts(api)
  if (location.hash === "") history.replaceState(null, "", addressOf({ artifact: "garden:latest" }))
  await go()
} catch (error) {
  find("main").replaceChildren(problem(error))
}
