import { runInProcess } from "./processes.ts"
import { relay } from "./relay.ts"
import { onDisk, portable } from "./tests.ts"

relay(await runInProcess("deno", [...portable, ...onDisk]))
