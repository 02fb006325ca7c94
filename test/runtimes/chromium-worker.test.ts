import { runInChromium } from "./browsers.ts"
import { relay } from "./relay.ts"
import { inBrowsers, portable } from "./tests.ts"

relay(await runInChromium("worker", [...portable, ...inBrowsers]))
