import { describe, expect, test } from "vitest"
import { base64Decode, digestFromBytes } from "../../src/core/digest-text.ts"
import { Manifest } from "../../src/core/manifest.ts"
import { md5 } from "../../src/core/md5.ts"
import fixture from "../fixtures/golden-manifests.json"

interface GoldenCase {
  case: string
  files: Record<string, string>
  references: [uri: string, path: string][]
  removed: string[]
  manifest: { contents: Record<string, unknown> }
  digest: string
  size: number
}

const golden = fixture as unknown as { cases: GoldenCase[] }

function build({ files, references, removed }: GoldenCase): Manifest {
  const manifest = new Manifest()
  for (const [path, base64] of Object.entries(files)) {
    const bytes = base64Decode(base64)
    manifest.add({ path, digest: digestFromBytes(md5(bytes)), size: bytes.length })
  }
  for (const [ref, path] of references) manifest.add({ path, digest: ref, ref })
  for (const path of removed) manifest.remove(path)
  return manifest
}

describe("manifests that Python's wandb wrote", () => {
  test("there are twelve", () => expect(golden.cases).toHaveLength(12))

  test.each(golden.cases)("$case: build", (expected) => {
    const manifest = build(expected)
    expect(manifest.toJSON()).toStrictEqual(expected.manifest)
    expect(JSON.parse(manifest.encode())).toStrictEqual(expected.manifest)
    expect(manifest.digest()).toBe(expected.digest)
    expect(manifest.size).toBe(expected.size)
    expect(manifest.fileCount).toBe(Object.keys(expected.manifest.contents).length)
  })

  test.each(golden.cases)("$case: decode, in any formatting", (expected) => {
    for (const indent of [undefined, 4, "\t"]) {
      const manifest = Manifest.decode(JSON.stringify(expected.manifest, null, indent))
      expect(manifest.digest()).toBe(expected.digest)
      expect(manifest.size).toBe(expected.size)
      expect(manifest.toJSON()).toStrictEqual(expected.manifest)
    }
  })

  test.each(golden.cases)("$case: key order is Python's", (expected) => {
    const keys = (text: string) => Array.from(text.matchAll(/"(?:digest|ref|birthArtifactID|size|extra)":/g), ([key]) => key)
    expect(keys(Manifest.decode(JSON.stringify(expected.manifest)).encode())).toEqual(keys(JSON.stringify(expected.manifest)))
  })
})
