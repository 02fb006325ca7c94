import { checkAliases, registryNameOf } from "../core/names.ts"
import { show } from "../core/show.ts"
import { ConflictError, EntryNotFoundError, InvalidArgumentError } from "../errors.ts"
import type { CallOptions, CollectionRef, Membership, ProjectRef, VersionRef } from "../ports.ts"
import { settleLatest, withoutAliases, withoutMembers } from "./collection-losses.ts"
import { latestAlias, memberAt, withAliases, withMember } from "./collection-state.ts"
import { changeCollection, ensureCollection, requireCollection } from "./collections.ts"
import { type Context, timestamp } from "./context.ts"
import { checkCollection } from "./inputs.ts"
import { projectKey } from "./keys.ts"
import { readRecord } from "./records.ts"
import type { CollectionRow, Member } from "./rows.ts"
import { changeVersion } from "./version-row.ts"
import { createSources, requireVersion, type Sources, toMembership } from "./versions.ts"

/** Nicknames of a version in one collection, and its places in portfolios. */
export async function addAliases(
  context: Context,
  member: VersionRef,
  aliases: readonly string[],
  options: CallOptions = {},
): Promise<void> {
  const checked = checkAliases(aliases)
  await changeMember(context, member, async (row) => withAliases(row, member.index, checked), options)
}

/** Those that are not at this version are left where they are. */
export async function removeAliases(
  context: Context,
  member: VersionRef,
  aliases: readonly string[],
  options: CallOptions = {},
): Promise<void> {
  const take = async (row: CollectionRow, sources: Sources) =>
    withoutAliases(await settleLatest(sources, row), member.index, aliases)
  await changeMember(context, member, take, options)
}

async function changeMember(
  context: Context,
  ref: VersionRef,
  change: (row: CollectionRow, sources: Sources) => Promise<CollectionRow>,
  options: CallOptions,
): Promise<void> {
  const collection = await requireCollection(context, ref, options)
  await changeCollection(
    context,
    collection,
    async (current) => {
      const sources = createSources(context, options)
      const member = memberAt(current, ref.index)
      if (member === undefined || (await sources.living(current, member)) === undefined) refuseUnknownMember(ref)
      return { row: await change(current, sources), result: undefined }
    },
    options,
  )
}

function refuseUnknownMember({ entity, project, collection, index }: VersionRef): never {
  const path = `${entity}/${project}/${collection}:v${index}`
  throw new EntryNotFoundError(`There is no version ${path} (any more).`, { path })
}

/**
 * Puts a committed version into a portfolio, which is made on demand with the version's type. Linked again it stays where it is and only
 * `latest` and the aliases move. The version notes the portfolio first: that list may name places where it is not, never miss one.
 */
export async function link(
  context: Context,
  id: string,
  target: CollectionRef,
  aliases: readonly string[],
  options: CallOptions = {},
): Promise<Membership> {
  const ref = checkCollection(target)
  const checked = checkAliases(aliases)
  const { row, source, state } = await requireVersion(context, id, options)
  if (state !== "COMMITTED" || source === undefined)
    throw new ConflictError(`Version ${id} is not committed yet; wait for that, then link it.`)
  await requireRegistry(context, ref, options)
  const portfolio = await ensureCollection(context, ref, "portfolio", source.type, options)
  const noted = (links: readonly string[]) => (links.includes(portfolio.token) ? links : [...links, portfolio.token])
  await changeVersion(context, row.id, (current) => withLinks(current, noted(current.links)), options)
  const linked = await changeCollection(
    context,
    portfolio,
    (current) => {
      const listed = current.members.find((member) => member.id === row.id)
      const next = listed
        ? withAliases(current, listed.index, [latestAlias, ...checked])
        : withMember(current, { id: row.id, digest: row.digest, createdAt: timestamp(context), source: source.token }, checked)
      return { row: next, result: { collection: next, member: listed ?? next.members.at(-1)! } }
    },
    options,
  )
  return (await seen(context, linked, options)) ?? refuseUnknownMember({ ...ref, index: linked.member.index })
}

/** W&B has these from the start. */
const firstRegistries: readonly string[] = ["dataset", "model"]

/** A project is made on demand, but a registry on purpose: one that is not there is a misspelt one. */
async function requireRegistry(context: Context, { entity, project }: ProjectRef, options: CallOptions): Promise<void> {
  const name = registryNameOf(project)
  if (name === undefined || firstRegistries.includes(name)) return
  if ((await readRecord(context.records, projectKey({ entity, project }), options)) !== undefined) return
  throw new EntryNotFoundError(
    `There is no registry ${show(name)} in ${entity}; check the spelling, or make it first: upsertProject, or create_registry in Python.`,
    { path: `${entity}/${project}` },
  )
}

function withLinks<T extends { readonly links: readonly string[] }>(row: T, links: readonly string[]): T {
  return links === row.links ? row : { ...row, links }
}

function seen(context: Context, { collection, member }: { collection: CollectionRow; member: Member }, options: CallOptions) {
  return toMembership(context, createSources(context, options), collection, member, options)
}

/** Takes a version out of a portfolio, with its aliases there; out of the collection it was logged to is an `InvalidArgumentError`. */
export async function unlink(context: Context, ref: VersionRef, options: CallOptions = {}): Promise<void> {
  const collection = await requireCollection(context, ref, options)
  if (collection.kind === "sequence") {
    const advice = "Delete the version if it is to go."
    throw new InvalidArgumentError(
      "member",
      `${ref.collection}:v${ref.index} is where the version was logged, not a link. ${advice}`,
    )
  }
  await changeCollection(
    context,
    collection,
    (current) => {
      if (memberAt(current, ref.index) === undefined) refuseUnknownMember(ref)
      return { row: withoutMembers(current, ({ index }) => index === ref.index), result: undefined }
    },
    options,
  )
}
