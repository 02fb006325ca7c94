import { relay } from "./relay.ts"
import { inWorkers, portable } from "./tests.ts"
import { runInWorkerd } from "./workerd.ts"

relay(await runInWorkerd([...portable, ...inWorkers]))
