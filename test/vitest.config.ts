import { fileURLToPath } from "node:url"
import { defineConfig } from "vitest/config"
import { createSummaryReporter } from "./summary-reporter.ts"

const source = (path: string) => fileURLToPath(new URL(`../src/${path}`, import.meta.url))

export default defineConfig({
  root: fileURLToPath(new URL("..", import.meta.url)),
  resolve: {
    alias: [
      { find: "#platform", replacement: source("doors/node.ts") },
      { find: /^isofact$/, replacement: source("index.ts") },
    ],
  },
  test: {
    include: ["test/**/*.test.ts"],
    // These run inside other runtimes, started by the files beside these folders.
    exclude: ["test/runtimes/*/**"],
    setupFiles: ["test/setup.ts", "test/setup-leaks.ts"],
    reporters: ["default", createSummaryReporter()],
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
})
