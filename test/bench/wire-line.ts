/** A line to a server on which each way takes so many bytes a second, of all connections together: `wire-line.ts URL BYTES`. */
import { type AddressInfo, connect, createServer, type Socket } from "node:net"

const [url, bytes] = process.argv.slice(2) as [string, string]
const { hostname, port } = new URL(url)
const bytesPerMs = Number(bytes) / 1000

/** The time at which all that was let through has passed. */
const passed = { up: 0, down: 0 }

function pass(from: Socket, to: Socket, way: keyof typeof passed): void {
  from.on("data", (chunk) => {
    passed[way] = Math.max(passed[way], performance.now()) + chunk.length / bytesPerMs
    const isFull = !to.write(chunk)
    const waitMs = passed[way] - performance.now()
    // A timer is not exact to the millisecond, so a little goes ahead.
    if (waitMs < 5 && !isFull) return
    from.pause()
    const drained = isFull ? new Promise((resolve) => to.once("drain", resolve)) : undefined
    setTimeout(async () => {
      await drained
      from.resume()
    }, waitMs)
  })
  from.on("end", () => to.end())
  from.on("error", () => to.destroy())
}

const line = createServer({ allowHalfOpen: true }, (client) => {
  const server = connect({ host: hostname, port: Number(port), allowHalfOpen: true })
  pass(client, server, "up")
  pass(server, client, "down")
})
line.listen(0, "127.0.0.1", () => {
  process.stdout.write(`http://127.0.0.1:${(line.address() as AddressInfo).port}\n`)
})
