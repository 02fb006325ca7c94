import { runInProcess } from "./processes.ts"
import { relay, relayWire } from "./relay.ts"
import { onDisk, overWire, portable } from "./tests.ts"

relay(await runInProcess("bun", [...portable, ...onDisk]))
relayWire(await runInProcess("bun", overWire, { wire: true }))
