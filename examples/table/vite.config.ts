import { fileURLToPath } from "node:url"
import { defineConfig } from "vite"

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** Only inside isofact's own repository: its sources instead of the installed package. Elsewhere leave this out. */
const alias = [
  { find: /^isofact$/, replacement: at("../../src/index.ts") },
  { find: /^isofact\/media$/, replacement: at("../../src/media/index.ts") },
  { find: /^isofact\/wandb$/, replacement: at("../../src/wandb/wandb.ts") },
  { find: /^#platform$/, replacement: at("../../src/doors/browser.ts") },
]

export default defineConfig({
  root: at("."),
  base: "./",
  resolve: { alias },
  worker: { format: "es" },
  build: { target: "es2023", outDir: "dist", emptyOutDir: true },
})
