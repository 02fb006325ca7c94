import { digestToHex } from "../core/digest-text.ts"
import { InvalidArgumentError } from "../errors.ts"
import type { UploadRequest, UploadTicket } from "../ports.ts"
import { type Call, groupBy } from "./call.ts"
import { wholeList } from "./connection.ts"
import { formatId } from "./ids.ts"
import { type Maybe, parseMd5, parsePartMd5 } from "./inputs.ts"
import { completeMultipart } from "./multipart.ts"
import { type MultipartClaim, storagePath, uploadHeaders, uploadTarget } from "./urls.ts"
import { artifactView } from "./view-artifact.ts"

/** Asking for upload addresses, protocol.md 3.4 and 3.5. */
interface FileSpec {
  readonly artifactID: string
  readonly name: string
  readonly md5: string
  readonly uploadPartsInput: Maybe<readonly PartInput[]>
}

interface PartInput {
  readonly partNumber: number
  readonly hexMD5: string
}

const maxParts = 10_000
/** What to spend on a part: each gets an address of its own, signed. */
const partCost = 4

/** As many files as were asked for, in their order. No address: the bytes are there already. */
export async function createArtifactFiles(call: Call, { artifactFiles }: { readonly artifactFiles: readonly FileSpec[] }) {
  const tickets = await requestAll(call, artifactFiles)
  const parts = artifactFiles.map((spec, index) => partsOf(call, spec, tickets[index]!))
  call.spend(partCost * parts.reduce((sum, each) => sum + (each?.length ?? 0), 0))
  const files = await Promise.all(artifactFiles.map((spec, index) => fileSlot(call, spec, tickets[index]!, parts[index])))
  return { files: wholeList(files, (node) => ({ node })) }
}

/** One request for each version that is named, which is one. */
async function requestAll(call: Call, specs: readonly FileSpec[]): Promise<UploadTicket[]> {
  call.spend(specs.length)
  const tickets: UploadTicket[] = []
  for (const [id, group] of groupBy(specs.keys(), (index) => specs[index]!.artifactID)) {
    const requests = group.map((index) => toRequest(specs[index]!))
    const found = await call.registry.requestUploads(id, requests, { signal: call.signal })
    for (const [place, index] of group.entries()) tickets[index] = found[place]!
  }
  return tickets
}

function toRequest({ name, md5 }: FileSpec): UploadRequest {
  return { path: name, digest: parseMd5("md5", md5), size: undefined }
}

/** The parts to hand out addresses for: none of a file that is there, or where whole files are asked for. */
function partsOf({ setup }: Call, { uploadPartsInput }: FileSpec, ticket: UploadTicket): readonly PartInput[] | undefined {
  const parts = (ticket.put !== undefined && setup.multipart && uploadPartsInput) || undefined
  if (parts === undefined || parts.length <= maxParts) return parts
  throw new InvalidArgumentError("uploadPartsInput", `A file may have at most ${maxParts} parts.`)
}

async function fileSlot(call: Call, spec: FileSpec, ticket: UploadTicket, parts: readonly PartInput[] | undefined) {
  const { artifactID: version, name } = spec
  const request = toRequest(spec)
  const { digest } = request
  const isMissing = ticket.put !== undefined
  const target = isMissing
    ? await uploadTarget(call, "upload", version, request, ticket.sign)
    : { uploadUrl: null, uploadHeaders: [] }
  const birth = ticket.birthArtifactId
  return {
    __typename: "File",
    id: formatId("File", version, name),
    name,
    displayName: name,
    storagePath: storagePath(digest),
    sizeBytes: 0,
    md5: digestToHex(digest),
    digest,
    ...target,
    // Of these only the type goes along with parts, wherever they go.
    ...(parts && { uploadHeaders: uploadHeaders(digest) }),
    uploadMultipartUrls: parts ? await multipartUrls(call, version, request, parts) : null,
    artifact: async () => artifactOf(call, birth),
  }
}

/** Nobody has to be able to see the version that brought the bytes to be told its id. */
async function artifactOf(call: Call, id: string) {
  const version = await call.registry.getVersion(id, { signal: call.signal })
  return version ? artifactView(call, version) : { __typename: "Artifact", id }
}

/** A part that is there has its address at this server, which tells that to who asks. */
async function multipartUrls(call: Call, version: string, { path, digest }: UploadRequest, parts: readonly PartInput[]) {
  const { signer, direct, urlExpiresInSeconds } = call.setup
  const requests = parts.map(({ hexMD5 }) => ({ path, digest: parsePartMd5(hexMD5), size: undefined }))
  const tickets = direct ? await call.registry.requestUploads(version, requests, { signal: call.signal }) : []
  const urlOf = async (request: UploadRequest, index: number) =>
    (await uploadTarget(call, "part", version, request, tickets[index]?.sign)).uploadUrl
  const claim: MultipartClaim = { version, path, digest, parts: requests.map((request) => request.digest) }
  return {
    uploadID: await signer.sign("multipart", claim, urlExpiresInSeconds),
    uploadUrlParts: await Promise.all(
      parts.map(async ({ partNumber }, index) => ({ partNumber, uploadUrl: await urlOf(requests[index]!, index) })),
    ),
  }
}

interface CompleteInput {
  readonly completedParts: readonly PartInput[]
  readonly uploadID: string
}

export async function completeMultipartUpload(call: Call, { completedParts, uploadID }: CompleteInput) {
  const inOrder = [...completedParts].sort((a, b) => a.partNumber - b.partNumber)
  if (inOrder.some(({ partNumber }, index) => partNumber !== index + 1))
    throw new InvalidArgumentError("completedParts", "completedParts must be numbered from 1 on, without a gap.")
  const digest = await completeMultipart(
    call,
    uploadID,
    inOrder.map(({ hexMD5 }) => hexMD5),
  )
  return { digest }
}
