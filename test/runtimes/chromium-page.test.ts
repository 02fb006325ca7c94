import { runInChromium } from "./browsers.ts"
import { relay, relayWire } from "./relay.ts"
import { inBrowsers, overWire, portable } from "./tests.ts"

relay(await runInChromium("page", [...portable, ...inBrowsers]))
relayWire(await runInChromium("page", overWire, { wire: true }))
