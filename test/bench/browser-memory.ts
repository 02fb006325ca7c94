/** What a page needs to log and download one large file: `npm run bench:browser-memory [MiB, default 2048]`. Linux only. */
import { measureLargeFile } from "../browser/memory.ts"

console.log("MiB resident above idle: browser, renderers and helpers together")
console.table(await measureLargeFile(Number(process.argv[2] ?? 2048) * 2 ** 20))
