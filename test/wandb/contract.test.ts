import { registryContract } from "../contracts/registry.ts"
import { connect, serve } from "./served.ts"

registryContract("over the wire", async () => connect(serve().server.fetch))

registryContract("through a gateway", async () => {
  const upstream = connect(serve().server.fetch)
  return connect(serve({ registry: upstream }).server.fetch)
})
