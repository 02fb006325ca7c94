import { createNodePlatform, type NodePlatform } from "./node.ts"

/** The defaults of Bun, which reaches files and MD5 through Node's modules. */
export const platform: NodePlatform = /* @__PURE__ */ createNodePlatform({ name: "bun" })
