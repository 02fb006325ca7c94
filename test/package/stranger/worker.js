/** For workerd: one action per path. */
import { read, write } from "./job.js"
import subpaths from "./subpaths.js"

const actions = { "/write": write, "/read": read, "/subpaths": subpaths }

export default {
  fetch: async ({ url }) => Response.json(await actions[new URL(url).pathname]()),
}
