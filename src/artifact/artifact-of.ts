import { checkArtifactName, checkArtifactType } from "../core/names.ts"
import { InvalidArgumentError } from "../errors.ts"
import type { Platform } from "../ports.ts"
import { Artifact } from "./artifact.ts"
import type { LogOptions } from "./log.ts"

/** A draft of what stands at a path or address: a file, a directory, or a reference. */
export async function artifactOf(
  platform: Platform,
  run: string,
  path: string | URL,
  options: LogOptions & { readonly name?: string | undefined; readonly type?: string | undefined },
): Promise<Artifact> {
  if (typeof path !== "string" && !(path instanceof URL)) {
    throw new InvalidArgumentError("artifact", "artifact must be an Artifact, or the path of a file or directory, or a URI")
  }
  const text = String(path)
  const { name = `run-${run}-${text.split(/[\\/]/).filter(Boolean).at(-1)}`, type = "unspecified", signal, onProgress } = options
  const artifact = new Artifact(checkArtifactName(name, "options.name"), checkArtifactType(type, name, "options.type"), {
    platform,
  })
  const kind = (await platform.locate(text))?.kind
  if (kind === "file") await artifact.addFile(text, { signal, onProgress })
  else if (kind === "directory") await artifact.addDir(text, { signal, onProgress })
  else if (text.includes("://")) await artifact.addReference(text, { signal })
  else
    throw new InvalidArgumentError(
      "artifact",
      `artifact "${text}" is neither an Artifact nor the path of a file or directory, nor a URI`,
    )
  return artifact
}
