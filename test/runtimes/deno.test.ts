import { runInProcess } from "./processes.ts"
import { relay, relayWire } from "./relay.ts"
import { onDisk, overWire, portable } from "./tests.ts"

relay(await runInProcess("deno", [...portable, ...onDisk]))
relayWire(await runInProcess("deno", overWire, { wire: true }))
