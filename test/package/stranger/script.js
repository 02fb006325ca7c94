/** For Node, Deno and Bun: `script.js write`, then `script.js read` in another process. */
import { read, write } from "./job.js"

console.log(JSON.stringify(await (process.argv[2] === "write" ? write() : read())))
