import { collect } from "../bytes/ahead.ts"
import type { CollectionRecord, ProjectRecord } from "../ports.ts"
import { settleAliases } from "./aliases.ts"
import { isChosen, isSelected, type Job, type JobOptions } from "./job.ts"
import { copyLinks } from "./links.ts"
import { copyProject } from "./places.ts"
import { copyRelogs } from "./relogs.ts"
import { createTally, type SyncReport } from "./report.ts"
import { openSequence } from "./sequence.ts"

/**
 * Sequences first, each with its runs and lineage; then what runs logged again; then portfolios, whose versions are all there by now.
 * Every step looks what the target has before it does anything.
 */
export async function syncAll(options: JobOptions): Promise<SyncReport> {
  const job: Job = { ...options, tally: createTally(), copies: new Map(), open: new Map(), runs: new Map() }
  const portfolios: CollectionRecord[] = []
  const projects = await listProjects(job)
  for (const project of projects) {
    let isThere = false
    for await (const collection of job.from.collections(project, undefined, job.call)) {
      if (!isChosen(job, collection)) continue
      if (!isThere) await copyProject(job, project)
      isThere = true
      job.tally.collections++
      if (collection.kind === "portfolio") portfolios.push(collection)
      else await copySequence(job, collection)
    }
  }
  for (const collection of await copyRelogs(job, projects)) await settleAliases(job, collection)
  for (const portfolio of portfolios) await copyLinks(job, portfolio)
  return job.tally
}

async function listProjects(job: Job): Promise<ProjectRecord[]> {
  const { scope, from } = job
  const projects = await collect(from.projects(scope.entity, job.call))
  return projects.filter((project) => isSelected(job, project))
}

async function copySequence(job: Job, collection: CollectionRecord): Promise<void> {
  const sequence = await openSequence(job, collection)
  await sequence.advance(Number.POSITIVE_INFINITY)
  await sequence.finish()
}
