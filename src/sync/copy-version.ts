import { Manifest } from "../core/manifest.ts"
import { RegistryError } from "../errors.ts"
import type { CallOptions, Membership } from "../ports.ts"
import { ttlOf } from "./attributes.ts"
import { clientIdOf, collectionOf, type Job } from "./job.ts"
import { translateManifest } from "./references.ts"
import { copyRun } from "./runs.ts"
import { sendFiles } from "./send-files.ts"

/**
 * Logs a version of the source at the target: the same steps as any logging, so one that was cut off goes on where it was. `isNew` is
 * false when it was there already.
 */
export async function copyVersion(job: Job, member: Membership): Promise<{ member: Membership; isNew: boolean }> {
  const { from, to, call } = job
  const { version } = member
  const logger = await from.loggedBy(version.id, call)
  const run = logger && (await copyRun(job, logger))
  const manifest = await translateManifest(job, Manifest.decode(await from.getManifest(version.id, call)))
  const pending = await to.createVersion(
    {
      ...collectionOf(job, version.source),
      type: version.type,
      digest: manifest.digest(),
      description: version.description,
      metadata: version.metadataText ?? version.metadata,
      aliases: ["latest", ...member.aliases.filter((alias) => alias !== "latest")],
      tags: version.tags,
      ttl: version.ttlIsInherited ? undefined : ttlOf(version),
      run,
      historyStep: version.historyStep ?? undefined,
      clientId: await clientIdOf(job, version),
    },
    call,
  )
  if (pending.state === "COMMITTED") return { member: await membershipOf(job, pending.id, call), isNew: false }
  await sendFiles(job, member, pending.id, manifest)
  const { size, fileCount } = manifest
  await to.storeManifest(pending.id, { kind: "FULL", json: manifest.encode(), size, fileCount }, call)
  return { member: await to.commitVersion(pending.id, call), isNew: true }
}

async function membershipOf({ to }: Job, id: string, call: CallOptions): Promise<Membership> {
  const [member] = await to.memberships(id, call)
  if (member === undefined) throw new RegistryError(`${to.name} says that ${id} is committed but does not list it`)
  return member
}
