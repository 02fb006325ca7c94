/** For a page, which is driven from outside. */
import { read, write } from "./job.js"

globalThis.job = { write, read, subpaths: async () => (await import("./subpaths.js")).default() }
