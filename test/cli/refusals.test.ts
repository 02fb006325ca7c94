/** What cannot be done: the exit code, one sentence, nothing on stdout.  */
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { CommanderError } from "commander"
import { afterAll, beforeAll, expect, test } from "vitest"
import { createProgram } from "../../src/cli/program.ts"
import { runHere } from "./run.ts"

let dir = ""
const at = (path: string) => join(dir, path)

const run = (...args: string[]) => runHere(args, tmpdir(), { WANDB_CACHE_DIR: at("cache") })

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "isofact-cli-"))
  await mkdir(at("d"))
  await writeFile(at("d/a"), "1")
  await symlink(at("nowhere"), at("broken"))
  expect(await run("log", at("d"), "--name", "zoo", "--registry", dir)).toMatchObject({ code: 0, err: "" })
  await writeFile(at("d/b"), "2")
  expect(await run("log", at("d"), "--name", "zoo", "--registry", dir)).toMatchObject({ code: 0, err: "" })
})
afterAll(() => rm(dir, { recursive: true, force: true }))

test.each<[command: string, code: number, part: string]>([
  ["log @broken", 3, "broken"],
  ["log @d/a --name a/b/c/d", 2, "entity/project/name"],
  ["log @d/a --name e/p/bad&name", 2, "letters"],
  ["log @d/a --type wandb-x", 2, "type"],
  ["log @d/a --metadata {", 2, "JSON"],
  ["log @d/a --metadata [1]", 2, "isofact: --metadata must be"],
  ["log @d/a --id a/b", 2, "isofact: --id must be"],
  ["log @ --name w --links error", 2, "--links follow or skip"],
  ["log @ --name w", 1, "--links skip leaves it out"],
  ["log @d --links maybe", 2, "follow, files, skip, error"],
  ["log @d --ignore /", 2, "*.tmp"],
  ["log @d/a --ttl soon", 2, "30d"],
  ["log @d/a --alias v3", 2, "isofact: --alias must be"],
  ["log @d/a --tag a/b", 2, "isofact: --tag must be"],
  ["log @d --name zoo --type model", 2, '"dataset"'],
  ["log ftp:// --name x", 2, "ftp"],
  ["get zoo:nope", 3, "isofact ls"],
  ["get zoo --type model", 2, "dataset"],
  ["get a/b/c/d", 2, "too many parts"],
  ["get zoo --root @d/a", 1, "d/a"],
  ["checkout nope --yes", 3, "nope"],
  ["diff zoo:v0 zoo:v7", 3, "zoo:v7"],
  ["ls nope", 3, "local/nope"],
  ["ls zoo", 3, "there are local/uncategorized"],
  ["ls local/uncategorized/nope", 3, "nope"],
  ["ls a//b", 2, "a//b"],
  ["ls a/b/c/d", 2, "a/b/c/d"],
  ["ls --entity a/b", 2, "isofact: --entity must be"],
  ["ls --project a/b", 2, "isofact: --project must be"],
  ["info nope", 3, "nope"],
  ["alias zoo:v0 v7", 2, "isofact: alias must be"],
  ["alias zoo:v1 typo --remove", 3, "has no alias typo; it has latest"],
  ["alias nope x", 3, "nope"],
  ["link zoo:v0 zoo", 2, "sequence"],
  ["link zoo:v0 a:b", 2, 'target must name a collection, not a version of it: pass "a" and give --alias b'],
  ["link zoo:v0 shelf --alias v3", 2, "isofact: --alias must be"],
  ["verify zoo", 3, "isofact get zoo:v1 first"],
  ["rm zoo --yes", 2, "--collection"],
  ["rm zoo:v1 --yes", 1, "--delete-aliases"],
  ["rm zoo:v9 --yes", 3, "zoo:v9"],
  ["rm zoo:v0 zoo:v9 --yes", 3, "zoo:v9"],
  ["rm nope --collection --yes", 3, "nope"],
  ["rm a/b/c/d --collection --yes", 2, "a/b/c/d"],
  ["sync --to @there --into a/b/c", 2, "--into"],
  ["sync --to @there --into team", 2, "--into renames one entity: say with --entity which"],
  ["sync --to @", 2, "same registry"],
  ["sync --to there --registry @nowhere", 3, "no registry"],
  ["sync --to ftp://x", 2, "http://"],
  ["ls --registry ftp://x", 2, "http://"],
  ["ls --registry host.example", 2, "https://host.example"],
  ["log @d --registry localhost", 2, "https://localhost"],
  ["sync --to api.host.example/base", 2, "https://api.host.example/base"],
  ["log @d --registry localhost:80", 2, "Did you mean http://localhost:80?"],
  ["lss", 2, "Did you mean ls?"],
  ["get a b", 2, "isofact get --help"],
  ["ls --nope", 2, "--nope"],
  ["cache burn", 2, "info or cleanup"],
  ["cache cleanup --size much", 2, "5GB"],
  ["gc --grace soon --yes", 2, "--grace"],
  ["gc --registry http://localhost:1 --yes", 2, "--registry"],
  ["serve --port 70000", 2, "65535"],
  ["serve --port x", 2, "65535"],
  ["serve --registry http://localhost:1", 2, "--registry"],
  ["serve --cors birds.example", 2, "--cors must be an origin"],
  ["token", 2, "--project"],
  ["token --project zoo --actions read,fly", 2, '--actions must be a list of "read", "write" and "delete"'],
  ["token --project zoo --expires soon", 2, "--expires"],
  ["token --project zoo --collection a/b", 2, "--collection"],
  ["token --project zoo --registry @nowhere", 3, "no registry"],
  ["ls --registry http://localhost:1", 2, "isofact: The W&B API key is missing. Set WANDB_API_KEY"],
  ["ls --registry http://user:word@localhost:1", 2, "WANDB_API_KEY"],
])("%s", async (command, code, part) => {
  const args = command.split(" ").map((word) => (word.startsWith("@") ? at(word.slice(1)) : word))
  const outcome = await run(...args, ...(args.includes("--registry") ? [] : ["--registry", dir]))
  expect(outcome).toMatchObject({ code, out: "" })
  expect(outcome.err).toMatch(/^isofact: .*[.!?]\n$/)
  expect(outcome.err).toContain(part)
  expect(outcome.err).not.toContain("word@")
  const place = args.includes("--registry") ? [] : ["--registry", dir]
  const json = await run(...args, ...place, "--json")
  expect(json.code).toBe(code)
  expect(JSON.parse(json.out)).toMatchObject({ error: { code: expect.any(String), message: expect.any(String) } })
})

test("nothing was made or lost by any of them", async () => {
  expect((await readdir(dir)).sort()).toEqual([".isofact", "broken", "d"])
  const { out } = await run("ls", "local/uncategorized/zoo", "--registry", dir, "--json")
  expect(JSON.parse(out)).toMatchObject([{ version: "v1" }, { version: "v0" }])
})

const silent = () => {
  const program = createProgram(async () => undefined)
  for (const command of [program, ...program.commands]) command.configureOutput({ writeOut() {}, writeErr() {} })
  return program
}

test.each([
  "",
  "nope",
  "get",
  "get a b",
  "ls --nope",
  "get x --concurrency 0",
  "get x --match (",
  "sync",
  "log x --policy maybe",
  "rm",
])("a command line that is wrong: %s", async (command) => {
  const parsing = silent().parseAsync(command.split(" ").filter(Boolean), { from: "user" })
  const error = await parsing.catch((failure) => failure)
  expect(error).toBeInstanceOf(CommanderError)
  expect(error.exitCode).toBe(1)
})

test("every command has a help that tells its options and those of all", () => {
  const { commands } = silent()
  expect(commands.map((command) => command.name())).toEqual(
    expect.arrayContaining([
      "log",
      "get",
      "ls",
      "info",
      "diff",
      "verify",
      "checkout",
      "alias",
      "link",
      "rm",
      "sync",
      "cache",
      "gc",
      "serve",
      "token",
      "doctor",
    ]),
  )
  for (const command of commands) {
    const help = command.helpInformation()
    expect(help).toMatch(new RegExp(`^Usage: isofact ${command.name()}`))
    expect(help).toContain("--registry <place>")
    expect(command.description().length).toBeGreaterThan(10)
    let shown = ""
    command.configureOutput({ writeOut: (text) => (shown += text) }).outputHelp()
    expect(shown).toMatch(new RegExp(`^Example: isofact ${command.name()}`, "m"))
  }
})
