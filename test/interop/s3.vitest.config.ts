import { fileURLToPath } from "node:url"
import { defineConfig } from "vitest/config"

export default defineConfig({
  root: fileURLToPath(new URL("../..", import.meta.url)),
  resolve: { alias: { "#platform": fileURLToPath(new URL("../../src/doors/node.ts", import.meta.url)) } },
  test: { include: ["test/interop/s3*.case.ts"], testTimeout: 120_000, hookTimeout: 60_000 },
})
