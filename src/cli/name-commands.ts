import { listed } from "./options.ts"
import type { AddCommand } from "./program.ts"

/** Commands about artifacts by their names. */
export function addNameCommands(add: AddCommand): void {
  add(
    "ls [path]",
    "list a project's artifacts, an artifact's versions, or a version's files",
    async () => (await import("./ls.ts")).ls,
    "ls team/zoo",
  )
    .option("-t, --type <type>", "only artifacts of this type")
    .addHelpText("after", "\nPaths: project, entity/project, entity/project/name, entity/project/name:alias")
  add("info <name>", "everything about one version", async () => (await import("./info.ts")).info, "info birds:latest")
  add(
    "alias <name> <alias...>",
    "give a version nicknames, or take them away",
    async () => (await import("./alias.ts")).alias,
    "alias birds:v3 best reviewed",
  ).option("--remove", "take them away")
  add(
    "link <name> <target>",
    "link a version into a collection, [[entity/]project/]collection",
    async () => (await import("./link.ts")).link,
    "link birds:best shelf/approved-birds --alias prod",
  ).option("-a, --alias <alias>", "a nickname there; may be repeated", listed)
  add(
    "rm <name...>",
    "delete versions; of a link only the link goes",
    async () => (await import("./rm.ts")).rm,
    "rm birds:v0 birds:v1 --dry-run",
  )
    .option("--collection", "the names are collections, which go with all of their versions")
    .option("--delete-aliases", "also versions that have aliases")
    .option("--dry-run", "only say what would be deleted")
    .option("-y, --yes", "do not ask")
}
