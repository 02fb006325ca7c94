import { RegistryError } from "../errors.ts"
import type { CallOptions, Content, PutOptions, UploadRequest, UploadTicket } from "../ports.ts"
import { checkAddress } from "./address.ts"
import type { Context } from "./context.ts"
import { toError, WireFailure } from "./failure.ts"
import { createFiles, type FileSlotNode, type PartInput } from "./logging-documents.ts"
import { type FileSlot, putParts } from "./multipart.ts"
import { putContent, readHeaders } from "./put-content.ts"
import { ifGiven, nodesOf } from "./wire.ts"

/** How many files are asked about in one request. */
const maxBatch = 1000

/** One ticket per file, in order: `CreateArtifactFiles`, protocol.md 3.4. Large files ask again, with their parts, when they are sent. */
export async function requestUploads(
  context: Context,
  versionId: string,
  files: readonly UploadRequest[],
  options: CallOptions = {},
): Promise<UploadTicket[]> {
  options.signal?.throwIfAborted()
  const tickets: UploadTicket[] = []
  for (let start = 0; start < files.length; start += maxBatch) {
    const batch = files.slice(start, start + maxBatch)
    const slots = await askSlots(context, versionId, batch, undefined, options)
    for (const [index, file] of batch.entries()) tickets.push(toTicket(context, versionId, file, slots[index]!))
  }
  return tickets
}

async function askSlots(
  { ask, pending }: Context,
  versionId: string,
  files: readonly UploadRequest[],
  uploadPartsInput: readonly PartInput[] | undefined,
  options: CallOptions,
): Promise<FileSlot[]> {
  const artifactManifestID = await pending.manifestId(versionId, options)
  const artifactFiles = files.map(({ path, digest }) => ({
    artifactID: versionId,
    artifactManifestID,
    name: path,
    md5: digest,
    uploadPartsInput,
  }))
  const slots = await ask(createFiles, { artifactFiles }, options, ({ createArtifactFiles }) =>
    nodesOf(createArtifactFiles?.files).map(toSlot),
  )
  if (slots.length === files.length) return slots
  throw new RegistryError(`The server answered ${slots.length} of ${files.length} upload requests`, {
    operation: "CreateArtifactFiles",
  })
}

function toSlot({ storagePath, uploadUrl, uploadHeaders, uploadMultipartUrls, artifact }: FileSlotNode): FileSlot {
  const parts = ifGiven(uploadMultipartUrls, ({ uploadID, uploadUrlParts }) => {
    return { uploadID, urls: uploadUrlParts.map((part) => part.uploadUrl) }
  })
  return { storagePath, uploadUrl, headers: readHeaders(uploadHeaders), parts, artifactId: artifact.id }
}

function toTicket(context: Context, versionId: string, file: UploadRequest, slot: FileSlot): UploadTicket {
  const { artifactId: birthArtifactId, uploadUrl, headers } = slot
  if (uploadUrl === null) return { birthArtifactId }
  const send = (content: Content, options: PutOptions) => {
    const renew = async (parts?: readonly PartInput[]) => {
      const [renewed] = await askSlots(context, versionId, [file], parts, options)
      return renewed!
    }
    const size = file.size ?? content.size
    const inParts = size !== undefined && size >= context.multipartBytes && content.stability !== "once"
    if (inParts) return putParts(context, { ...file, size }, content, renew, options)
    return putContent(context, file, content, { first: slot, renew: () => renew() }, options)
  }
  return {
    birthArtifactId,
    async put(content: Content, options: PutOptions = {}) {
      options.signal?.throwIfAborted()
      try {
        await send(content, options)
      } catch (error) {
        throw error instanceof WireFailure ? storeTrouble(context, file.path, error) : error
      }
    },
    sign: async () => ({
      url: checkAddress(uploadUrl, context.http.server, "upload", file.path),
      headers: { "content-md5": file.digest, ...headers },
    }),
  }
}

/** The bytes were looked at and are right, so what the other end says of them is not about the caller's. */
function storeTrouble({ http }: Context, path: string, { verdict, message, facts }: WireFailure): Error {
  const { code, ...rest } = facts
  const about = code === "INVALID_ARGUMENT" || code === "DIGEST_MISMATCH" ? rest : facts
  return toError(new WireFailure(verdict, message, about), http.server, "upload", path)
}
