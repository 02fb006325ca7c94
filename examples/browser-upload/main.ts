import { loadShelves, type Shelf } from "./catalog.ts"
import { createCompareView } from "./compare-view.ts"
import { announce, byId, focusOn, h } from "./dom.ts"
import { createLogView, type LogView } from "./log-view.ts"
import { explain, noKeeping } from "./problems.ts"
import { createProblem } from "./progress-panel.ts"
import { type Place, readPlace } from "./router.ts"
import { startServiceWorker } from "./service-worker.ts"
import { createShelfView } from "./shelf-view.ts"
import { canKeep, freeRoom, showRoom } from "./storage.ts"
import { createVersionView } from "./version-view.ts"

const main = byId("main")
const shelfView = createShelfView(byId("shelf"))
let shelves: readonly Shelf[] = []
let logView: LogView | undefined

logView = await createLogView({
  logged: () => void refresh(),
  work: () => shelfView.showWork(logView?.upload()),
  attention() {
    if (readPlace(location.hash).view !== "log") location.hash = "#/"
  },
})

async function refresh(): Promise<void> {
  shelves = await loadShelves()
  shelfView.show(shelves)
  await showRoom(byId("room"))
}

async function afterDeletion(name: string): Promise<void> {
  announce(`${name} is deleted.`, true)
  location.hash = "#/"
  await refresh()
  await freeRoom().catch(() => 0)
  await showRoom(byId("room"))
}

let turn = 0

/** Shows what the address says. `isFirst`: nothing is taken from what the browser has in focus. */
async function go(isFirst = false): Promise<void> {
  const place = readPlace(location.hash)
  const mine = ++turn
  document.body.dataset.view = place.view
  shelfView.mark(place.view === "log" ? undefined : place.version)
  document.title = place.view === "log" ? "Field collection" : `${place.version}, Field collection`
  const view = await createView(place).catch(createFailure)
  // Somebody went on while it was opened.
  if (mine !== turn) return
  main.replaceChildren(view)
  if (!isFirst) {
    focusOn(main.querySelector("h1, h2"))
    scrollTo(0, 0)
  }
}

async function createView(place: Place): Promise<HTMLElement> {
  if (place.view === "log") return logView!.element
  if (place.view === "compare") return createCompareView(place.other, place.version)
  return createVersionView(place.version, { shelves, onDeleted: (name) => void afterDeletion(name) })
}

function createFailure(error: unknown): HTMLElement {
  const problem = explain(error) ?? { title: "That did not work", advice: "Try again." }
  const home = h("a", { class: "button", href: "#/" }, "Log a folder")
  return h("div", { class: "failure" }, h("h1", {}, "This cannot be shown"), createProblem(problem), home)
}

/** Nothing here works where nothing is kept, so nothing is offered. */
function createUnkept(): HTMLElement {
  byId("shelf").hidden = true
  return h("div", { class: "failure" }, h("h1", {}, "Nothing can be stored here"), createProblem(noKeeping))
}

addEventListener("hashchange", () => {
  // The skip link is no place of ours.
  if (location.hash === "" || location.hash.startsWith("#/")) void go()
})
// What other tabs have logged or deleted meanwhile.
addEventListener("focus", () => void refresh().catch(() => undefined))

void startServiceWorker()
if (await canKeep()) {
  await refresh().catch((error) => byId("notices").append(createFailure(error)))
  await go(true)
} else main.replaceChildren(createUnkept())
