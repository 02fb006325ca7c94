import { runInProcess } from "./processes.ts"
import { relay, relayWire } from "./relay.ts"
import { overWire, overWireInNode } from "./tests.ts"

// Everything else runs in this very process; what is kept where by default needs a working directory of its own.
relay(await runInProcess("node", ["runtimes/defaults"]))
relayWire(await runInProcess("node", [...overWire, ...overWireInNode], { wire: true }))
