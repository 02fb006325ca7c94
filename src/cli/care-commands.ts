import { Option } from "commander"
import { listed, pattern, place, positive } from "./options.ts"
import type { AddCommand } from "./program.ts"

/** Commands about registries as a whole. */
export function addCareCommands(add: AddCommand): void {
  add(
    "sync",
    "send what this registry has and another lacks",
    async () => (await import("./sync.ts")).syncRegistries,
    "sync --to wandb --entity local --into my-team",
  )
    .addOption(new Option("--to <place>", "a directory, the address of a server, or wandb").argParser(place).makeOptionMandatory())
    .option("--into <place>", "entity[/project] at the target, for the one of --entity and --project")
    .option("--match <pattern>", "only collections whose name this regular expression matches", pattern)
    .option("--concurrency <number>", "files at once", positive)
    .addHelpText("after", "Running it again sends nothing twice.")
  add(
    "cache <what>",
    "the cache of downloads, shared with Python's wandb: info, or cleanup",
    async () => (await import("./cache.ts")).cache,
    "cache cleanup --size 5GB",
  )
    .option("--size <bytes>", "cleanup: what to get down to, such as 5GB")
    .option("--remove-temp", "cleanup: also what writers that died left behind")
  add(
    "gc",
    "delete what no version needs from a registry of your own",
    async () => (await import("./gc.ts")).gc,
    "gc --grace 7d --dry-run",
  )
    .option("--grace <time>", "leave alone what is younger than this", "24h")
    .option("--dry-run", "only say how much it would be")
    .option("-y, --yes", "do not ask")
  add("serve", "serve a registry of your own to W&B's clients", async () => (await import("./serve.ts")).serve, "serve --port 8080")
    .option("--host <address>", "address to listen at; 0.0.0.0: every one of this machine", "127.0.0.1")
    .option("--port <number>", "port to listen at; 0: any that is free", "8080")
    .option("--base-url <address>", "where clients reach it, such as https://artifacts.example.com, if a proxy stands before it")
    .option("--cors <origin>", "a web page's origin that may use it; may be repeated", listed)
    .option(
      "--also <entity>",
      "another entity that its key is for, beside --entity and those that have something here; may be repeated",
      listed,
    )
  add(
    "token",
    "print a key for a page: for one project or collection of the server of this directory, and for a while",
    async () => (await import("./token.ts")).token,
    "token --project birds --collection songs --actions read,write --expires 1h",
  )
    .option("--collection <name>", "only this collection of --project")
    .option("--actions <list>", "what it may do: read, write, delete", "read")
    .option("--expires <time>", "how long it is good for", "1h")
    .addHelpText("after", "\nisofact serve takes it as it takes its own key. Deleting .isofact/api-key ends all tokens.")
  add(
    "doctor",
    "look for what is wrong, and say what to do about it",
    async () => (await import("./doctor.ts")).doctor,
    "doctor --registry https://wandb.example.com",
  )
    .option("--origin <origin>", "also whether pages of this origin may use the server")
    .option("--reference <address>", "also whether what is there can be referenced, such as s3://bucket/key or https://…")
    .option("--fsck", "also hash everything a registry of your own stores")
}
