import { describe } from "vitest"
import { platform } from "#platform"
import { createJsHasher } from "../../src/digest/js-md5.ts"
import { testHasher } from "../contracts/hasher.ts"

describe("the runtime's own", () => testHasher(() => platform.hasher))
describe("plain JavaScript", () => testHasher(createJsHasher))
