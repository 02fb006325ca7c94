import { once } from "node:events"
import { readdir, readFile, stat } from "node:fs/promises"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { join } from "node:path"
import { expect, test } from "vitest"
import { secret } from "../secrets.ts"
import { createPlace } from "./run.ts"

test("serve: a server with a key of its own, used by the other commands, which ends when told to", {
  timeout: 120_000,
}, async () => {
  const place = await createPlace()
  await place.write("d/a", "1")
  const origin = "http://page.example"
  const server = place.start("serve", "--port", "0", "--cors", origin, "--json")
  const { url, keyFile, entities } = JSON.parse(await server.until("}\n")) as { url: string; keyFile: string; entities: string[] }
  try {
    expect(entities).toEqual(["local"])
    expect(keyFile).toBe(join(place.dir, ".isofact/api-key"))
    expect((await stat(keyFile)).mode & 0o777).toBe(0o600)
    const key = secret((await readFile(keyFile, "utf8")).trim())
    const client = await createPlace()
    await client.write("d/a", "1")
    await client.write("d/b", "2")
    const refused = await client.spawn("log", "d", "--name", "zoo", "--registry", url)
    expect(refused).toMatchObject({ code: 2, out: "" })
    expect(refused.err).toContain("WANDB_API_KEY")
    client.env.WANDB_API_KEY = "w".repeat(40)
    expect((await client.run("ls", "--registry", url)).code).toBe(1)
    expect((await client.run("doctor", "--registry", url)).out).toMatch(/^fail +server .*key$/m)

    client.env.WANDB_API_KEY = key
    expect(await client.json("log", "d", "--name", "zoo", "--registry", url)).toMatchObject({
      qualifiedName: "local/uncategorized/zoo:v0",
    })
    expect(await client.json("get", "zoo", "--registry", url, "--root", "out")).toMatchObject({ written: 2 })
    const misspelt = await client.run("log", "d", "--name", "zoo", "--entity", "locl", "--registry", url)
    expect(misspelt.err).toContain("it is for the entity local")
    const doctor = await client.spawn("doctor", "--registry", url, "--origin", origin)
    expect(doctor).toMatchObject({ code: 0, err: "" })
    expect(doctor.out).toMatch(/^ok +cors /m)
    expect((await client.run("doctor", "--registry", url, "--origin", "http://evil.example")).out).toMatch(/^fail +cors /m)
    const token = await place.run("token", "--project", "uncategorized", "--collection", "zoo", "--entity", "local")
    expect(token).toMatchObject({ code: 0, err: "to read local/uncategorized/zoo, for 1h\n" })
    client.env.WANDB_API_KEY = token.out.trim()
    expect(await client.json("info", "local/uncategorized/zoo", "--registry", url)).toMatchObject({ version: "v0" })
    expect((await client.run("alias", "local/uncategorized/zoo", "best", "--registry", url)).err).toContain("may not write")
    client.env.WANDB_API_KEY = key
    await client.run("log", "d", "--name", "mine")
    // The entity of a registry of one's own becomes the server's.
    expect(await client.json("sync", "--to", url)).toMatchObject({ versions: { sent: 1 }, failures: [] })
    expect(await place.json("ls")).toMatchObject([{ name: "mine" }, { name: "zoo" }])
    expect((await place.run("serve", "--port", new URL(url).port)).err).toContain("is taken")
    for (const said of [refused, doctor]) expect(said.out + said.err).not.toContain(key)
  } finally {
    server.process.kill("SIGTERM")
  }
  const { code, out, err } = await server.ended
  expect({ code, err }).toEqual({ code: 0, err: "" })
  expect(out).not.toContain((await readFile(keyFile, "utf8")).trim())
  // The key stays.
  const again = place.start("serve", "--port", "0")
  expect(await again.until("Ctrl-C")).toContain(`WANDB_API_KEY="$(cat '${keyFile}')"`)
  again.process.kill("SIGINT")
  expect((await again.ended).code).toBe(0)
  await place.write(".isofact/api-key", "nonsense")
  const damaged = await place.run("serve", "--port", "0")
  expect(damaged).toMatchObject({ code: 1, out: "" })
  expect(damaged.err).toContain("api-key")
})

test("serve: the key is for those who have something there, and for those that are named", { timeout: 60_000 }, async () => {
  const place = await createPlace()
  await place.write("d/a", "1")
  await place.run("log", "d", "--name", "zoo", "--entity", "flock")
  const server = place.start("serve", "--port", "0", "--also", "team", "--entity", "ann")
  expect(await server.until("Ctrl-C")).toContain("The key is for the entities ann, team, flock; --also <name> adds another.")
  server.process.kill("SIGTERM")
  expect((await server.ended).code).toBe(0)
  const refused = await place.run("serve", "--port", "0", "--also", "a/b")
  expect(refused).toMatchObject({ code: 2, err: expect.stringContaining("--also") })
})

test("serve: behind a proxy, addresses are those of --base-url", { timeout: 60_000 }, async () => {
  const place = await createPlace()
  const baseUrl = "https://artifacts.example.com/lab"
  const server = place.start("serve", "--port", "0", "--base-url", `${baseUrl}/`, "--json")
  const { url, urls, listening, keyFile } = JSON.parse(await server.until("}\n"))
  expect([url, urls, new URL(listening).protocol]).toEqual([baseUrl, [baseUrl], "http:"])
  const key = (await readFile(keyFile, "utf8")).trim()
  const query = 'mutation { createRunFiles(input: { projectName: "p", runName: "r", files: ["a"] }) { files { uploadUrl } } }'
  const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" }
  const answer = await fetch(`${listening}/lab/graphql`, { method: "POST", headers, body: JSON.stringify({ query }) })
  expect(await answer.text()).toContain(`"${baseUrl}/storage/run-file?`)
  server.process.kill("SIGTERM")
  expect((await server.ended).code).toBe(0)
  const refused = await place.run("serve", "--port", "0", "--base-url", "artifacts.example.com")
  expect(refused).toMatchObject({ code: 2, err: expect.stringContaining("--base-url must be an http or https address") })
})

test("interrupted in the middle: 130, one sentence, and the same again completes", { timeout: 120_000 }, async () => {
  const place = await createPlace()
  const server = createServer(() => undefined).listen(0, "127.0.0.1")
  await once(server, "listening")
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  try {
    // A server that never answers: the command is in the middle of its work until it is told to stop.
    place.env.WANDB_API_KEY = "k".repeat(40)
    const asking = place.start("ls", "--registry", url, "--json")
    await once(server, "request")
    asking.process.kill("SIGINT")
    const { code, out, err } = await asking.ended
    expect({ code, err }).toEqual({ code: 130, err: "isofact: Interrupted; run the same again to go on.\n" })
    expect(JSON.parse(out)).toMatchObject({ error: { code: "INTERRUPTED" } })
  } finally {
    server.closeAllConnections()
    server.close()
  }
  for (let at = 0; at < 30; at++) await place.write(`d/f${at}`, String(at).repeat(100_000))
  for (const signal of ["SIGINT", "SIGKILL"] as const) {
    const logging = place.start("log", "d", "--name", "zoo")
    // Files begin to be stored; when exactly it is stopped does not matter.
    await until(() => readdir(join(place.dir, ".isofact"), { recursive: true }).then((found) => found.length > 10))
    logging.process.kill(signal)
    expect([130, null, 0]).toContain((await logging.ended).code)
  }
  expect(await place.json("log", "d", "--name", "zoo")).toMatchObject({ version: "v0", fileCount: 30 })
  expect(await place.json("verify", "zoo", "--stored")).toMatchObject({ verified: 30 })
})

test("whoever reads along may stop reading: a broken pipe ends a command quietly", { timeout: 60_000 }, async () => {
  const place = await createPlace()
  for (const name of ["ark", "zoo"]) {
    await place.write(`${name}/a`, name)
    await place.run("log", name)
  }
  const listing = place.start("ls")
  listing.process.stdout!.destroy()
  expect(await listing.ended).toEqual({ code: 0, out: "", err: "" })
  const failing = place.start("info", "nope")
  failing.process.stderr!.destroy()
  expect((await failing.ended).out).toBe("")
})

async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo().catch(() => false))) await new Promise((resolve) => setTimeout(resolve, 10))
}
