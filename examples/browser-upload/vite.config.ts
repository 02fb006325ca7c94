import { fileURLToPath } from "node:url"
import { build, defineConfig, type Plugin, type UserConfig } from "vite"

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** Only inside isofact's own repository: its sources instead of the installed package. Elsewhere leave this out. */
const alias = [
  { find: /^isofact$/, replacement: at("../../src/index.ts") },
  { find: /^isofact\/browser$/, replacement: at("../../src/doors/browser.ts") },
  { find: /^isofact\/route$/, replacement: at("../../src/run/route.ts") },
  { find: /^isofact\/zip$/, replacement: at("../../src/artifact/zip.ts") },
  { find: /^#platform$/, replacement: at("../../src/doors/browser.ts") },
]

const shared: UserConfig = { root: at("."), base: "./", resolve: { alias } }

/** `sw.js`, in one piece, also while developing: a service worker may not `import()` the parts that isofact loads on first use. */
function serviceWorker(): Plugin {
  const bundle = async () => {
    const result = await build({
      ...shared,
      configFile: false,
      logLevel: "error",
      build: { write: false, rollupOptions: { input: at("sw.ts"), output: { format: "iife", codeSplitting: false } } },
    })
    const [output] = [result].flat()
    if (output === undefined || !("output" in output)) throw new Error("sw.ts was not bundled")
    return output.output[0].code
  }
  return {
    name: "service-worker",
    configureServer({ middlewares }) {
      middlewares.use("/sw.js", async (_, response, next) => {
        await bundle().then((code) => response.setHeader("content-type", "text/javascript").end(code), next)
      })
    },
    async generateBundle() {
      this.emitFile({ type: "asset", fileName: "sw.js", source: await bundle() })
    },
  }
}

export default defineConfig({
  ...shared,
  plugins: [serviceWorker()],
  worker: { format: "es" },
  build: { target: "es2023", outDir: "dist", emptyOutDir: true },
})
