/** No test lets a secret out, whatever else it is about. */
import { afterAll, afterEach, expect } from "vitest"
import { takeLeaks } from "./leaks.ts"

const check = () => expect(takeLeaks()).toEqual([])
afterEach(check)
afterAll(check)
