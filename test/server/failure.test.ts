import { describe, expect, test } from "vitest"
import {
  ConflictError,
  DigestMismatchError,
  EntryNotFoundError,
  RegistryError,
  StorageError,
  UnsupportedError,
} from "../../src/errors.ts"
import { Refusal, toFailure } from "../../src/server/failure.ts"

const fail = (error: unknown) => toFailure(error, "id-1", "the embedded registry in /srv/a/records")

describe("what clients learn of an error", () => {
  test.each([
    [
      new ConflictError("Not stored in /srv/my data/blobs, or not in the size: a. Upload."),
      409,
      "Not stored in the registry, or not in the size: a. Upload.",
    ],
    [
      new EntryNotFoundError('"a" of x:v0 is not in C:\\data\\blobs any more: it was lost'),
      404,
      '"a" of x:v0 is not in the registry any more: it was lost',
    ],
    [
      new ConflictError("Too many writers are changing k in s3://bucket/records; try again."),
      409,
      "Too many writers are changing k in the registry; try again.",
    ],
    [new ConflictError("x is in the embedded registry in /srv/a/records."), 409, "x is in the registry."],
    [new EntryNotFoundError("There is no deep/b in deep/c:v0."), 404, "There is no deep/b in deep/c:v0."],
    [new UnsupportedError("No."), 501, "No."],
    [new Refusal(401, "A key."), 401, "A key."],
    [new RegistryError("It said no.", { status: 404 }), 404, "It said no."],
  ])("%s", (error, status, message) => {
    expect(fail(error)).toMatchObject({ status, message, isInternal: false, extensions: { code: error.code } })
  })

  test.each([
    [new StorageError("No space in /srv/a/blobs"), 500],
    [new TypeError("x is undefined"), 500],
    ["text", 500],
    [new RegistryError("Our own key is wrong.", { status: 401 }), 502],
    [new RegistryError("It is down.", { status: 503 }), 502],
    [new RegistryError("It could not be reached."), 502],
  ])("nothing of %s but where to look", (error, status) => {
    const failure = fail(error)
    expect(failure).toMatchObject({ status, isInternal: true, message: expect.stringContaining("id-1") })
    expect(failure.message).not.toMatch(/srv|undefined|key|down|text/)
  })

  test("programs learn which files it is about, and not where they were looked for", () => {
    const error = new ConflictError("Not stored in /srv/a/blobs: a", { paths: ["a"], operation: "/srv/a", requestId: "x" })
    expect(fail(error).extensions).toEqual({ code: "CONFLICT", details: { paths: ["a"] } })
  })

  test.each(["/srv/a/blobs/ab/cdef", "C:\\data\\ab\\cdef"])("nobody learns of %s", (path) => {
    const error = new DigestMismatchError(`"${path}" is damaged: its bytes have digest x, not y`, {
      path,
      expected: "y",
      actual: "x",
    })
    expect(fail(error)).toMatchObject({
      message: '"a stored file" is damaged: its bytes have digest x, not y',
      extensions: { code: "DIGEST_MISMATCH", details: { expected: "y", actual: "x" } },
    })
    expect(fail(error).extensions?.details).not.toHaveProperty("path")
  })
})
