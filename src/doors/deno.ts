import { createNodePlatform, type NodePlatform } from "./node.ts"

/**
 * The defaults of Deno, which reaches files and MD5 through Node's modules. `--allow-read --allow-write` is enough: a variable it may not
 * read counts as not set.
 */
export const platform: NodePlatform = /* @__PURE__ */ createNodePlatform({
  name: "deno",
  env(name) {
    try {
      return process.env[name] || undefined
    } catch {
      return undefined
    }
  },
})
