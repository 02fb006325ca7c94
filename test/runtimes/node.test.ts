import { runInProcess } from "./processes.ts"
import { relay } from "./relay.ts"

// Everything else runs in this very process; what is kept where by default needs a working directory of its own.
relay(await runInProcess("node", ["runtimes/defaults"]))
