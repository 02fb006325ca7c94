import { relay, relayWire } from "./relay.ts"
import { inWorkers, overWire, portable } from "./tests.ts"
import { runInWorkerd } from "./workerd.ts"

relay(await runInWorkerd([...portable, ...inWorkers]))
relayWire(await runInWorkerd(overWire, { wire: true }))
