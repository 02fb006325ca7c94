import { fileURLToPath } from "node:url"
import { defineConfig } from "vitest/config"
import { summaryReporter } from "./summary-reporter.ts"

const source = (path: string) => fileURLToPath(new URL(`../src/${path}`, import.meta.url))

export default defineConfig({
  root: fileURLToPath(new URL("..", import.meta.url)),
  resolve: { alias: { "#platform": source("doors/node.ts"), isofact: source("index.ts") } },
  test: {
    include: ["test/**/*.test.ts"],
    setupFiles: ["test/setup.ts"],
    reporters: ["default", summaryReporter],
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
})
