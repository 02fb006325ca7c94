import { Option } from "commander"
import { globs, listed, pattern, positive } from "./options.ts"
import type { AddCommand } from "./program.ts"

/** Commands that move or compare files. */
export function addFileCommands(add: AddCommand): void {
  addLog(add)
  addGet(add)
  addChecks(add)
}

function addLog(add: AddCommand): void {
  add(
    "log <path>",
    "log a file, a directory or an address as the next version of an artifact",
    async () => (await import("./log.ts")).log,
    "log ./birds --name team/zoo/birds --type dataset --alias best",
  )
    .alias("put")
    .option("-n, --name <name>", "[[entity/]project/]name (default: the last part of the path)")
    .option("-t, --type <type>", "type of the artifact", "dataset")
    .option("-d, --description <text>", "text for people")
    .option("-a, --alias <alias>", "a nickname besides latest; may be repeated", listed)
    .option("--tag <tag>", "a tag; may be repeated", listed)
    .option("--metadata <json>", "a JSON object")
    .option("--ttl <time>", "how long to keep it, such as 30d")
    .option("--id <run>", "the run that logs it (default: a new one)")
    .option("--skip-cache", "do not keep copies in the cache")
    .option("--ignore <glob>", "a directory: leave these out, as a line of .gitignore would; may be repeated", globs)
    .addOption(
      new Option("--links <what>", "a directory: what to do with symbolic links, files: follow those to files only")
        .choices(["follow", "files", "skip", "error"])
        .default("follow"),
    )
    .option("--no-checksum", "an address: track it as it stands, without looking there")
    .addOption(
      new Option("--policy <policy>", "mutable: take a snapshot first").choices(["mutable", "immutable"]).default("mutable"),
    )
}

function addGet(add: AddCommand): void {
  add(
    "get <name>",
    "write the files of a version into a directory, every byte verified",
    async () => (await import("./get.ts")).get,
    "get team/zoo/birds:best --root ./birds",
  )
    .option("--root <dir>", "where to (default: ./artifacts/name:vN)")
    .option("--type <type>", "what the artifact must be")
    .option("--path-prefix <text>", "only files whose path starts with this")
    .option("--match <pattern>", "only files whose path this regular expression matches", pattern)
    .option("--skip-cache", "do not keep copies in the cache")
    .option("--allow-missing-references", "leave out references whose target is gone")
    .option("--concurrency <number>", "files at once", positive)
}

function addChecks(add: AddCommand): void {
  add(
    "checkout <name>",
    "make a directory equal to a version; other files there are deleted",
    async () => (await import("./checkout.ts")).checkout,
    "checkout birds:v3 --root ./birds --dry-run",
  )
    .option("--root <dir>", "which directory (default: ./artifacts/name)")
    .option("--dry-run", "only say what would be deleted")
    .option("-y, --yes", "do not ask")
  add(
    "verify <name>",
    "hash every file of a directory, or of the registry, against a version",
    async () => (await import("./verify.ts")).verify,
    "verify birds:v3 --root ./birds",
  )
    .option("--root <dir>", "which directory (default: ./artifacts/name:vN)")
    .option("--stored", "hash what the registry stores instead")
    .option("--all", "list every path that is wrong, however many")
  add(
    "diff <from> <to>",
    "which files differ between two versions: A added, D deleted, M modified",
    async () => (await import("./diff.ts")).diff,
    "diff birds:v0 birds:latest",
  ).option("--exit-code", "exit with 4 when any do")
}
