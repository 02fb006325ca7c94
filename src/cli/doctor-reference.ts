import { Artifact, isArtifactError } from "../index.ts"
import { causeOf } from "./connection.ts"
import type { Finding } from "./doctor-finding.ts"
import type { Session } from "./session.ts"
import { formatBytes } from "./units.ts"

const name = "reference"
const answerWithinMs = 15_000
const exposed = "access-control-expose-headers"

/** Whether an address can be tracked from here, by what it would be known, and what a page of `origin` would see of it. */
export async function checkReference(session: Session, address: string, origin: string | undefined): Promise<Finding[]> {
  const findings = [await trackIt(session, address)]
  if (origin !== undefined && /^https?:/i.test(address)) findings.push(await checkPage(session, address, origin))
  return findings
}

async function trackIt({ platform, signal }: Session, address: string): Promise<Finding> {
  try {
    const [entry, ...others] = await new Artifact("doctor", "check", { platform }).addReference(address, { name, signal })
    const { digest, ref, size } = entry!
    const more = others.length === 0 ? "" : `, and ${others.length} more`
    if (digest !== ref) return { name, status: "ok", message: `known by ${digest}, ${formatBytes(size ?? 0)}${more}` }
    const fix = "Let the server send an ETag, or keep a copy: log the file itself."
    return { name, status: "warn", message: `known by its address alone: a change goes unnoticed${more}`, fix }
  } catch (error) {
    if (!isArtifactError(error)) throw error
    const fix = "Check the address, the network, and the credentials that the environment gives."
    return { name, status: "fail", message: error.message, fix }
  }
}

async function checkPage({ signal }: Session, address: string, origin: string): Promise<Finding> {
  const name = "page"
  const fix = `Let the store allow ${origin} with GET, and list ETag in Access-Control-Expose-Headers.`
  try {
    const answer = await fetch(address, {
      headers: { origin },
      signal: AbortSignal.any([signal, AbortSignal.timeout(answerWithinMs)]),
    })
    await answer.body?.cancel()
    const allowed = answer.headers.get("access-control-allow-origin")
    if (allowed !== "*" && allowed !== origin) return { name, status: "fail", message: `pages of ${origin} may not read it`, fix }
    const isSeen = /(^|[\s,])(etag|\*)($|[\s,])/i.test(answer.headers.get(exposed) ?? "")
    if (isSeen) return { name, status: "ok", message: `pages of ${origin} may read it and see its ETag` }
    return { name, status: "warn", message: "pages may read it and do not see its ETag, so they cannot record one", fix }
  } catch (error) {
    signal.throwIfAborted()
    return { name, status: "fail", message: `no answer (${causeOf(error)})`, fix: "Check the address and the network." }
  }
}
