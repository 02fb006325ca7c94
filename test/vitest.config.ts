import { availableParallelism } from "node:os"
import { fileURLToPath } from "node:url"
import { defineConfig } from "vitest/config"
import { LongestFirst } from "./longest-first.ts"
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
    globalSetup: ["test/setup-chromium.ts"],
    setupFiles: ["test/setup.ts", "test/setup-leaks.ts"],
    reporters: ["default", createSummaryReporter()],
    // Many files wait for a browser, another process or a clock: more of them at once than there are processors.
    maxWorkers: availableParallelism() + 1,
    sequence: { sequencer: LongestFirst },
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
})
