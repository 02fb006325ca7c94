/** What the portable tests know as "vitest", made of its own parts that run anywhere: no process, no files, no module loader. */
import {
  ASYMMETRIC_MATCHERS_OBJECT,
  chai,
  getState,
  JestAsymmetricMatchers,
  JestChaiExpect,
  JestExtend,
  setState,
} from "@vitest/expect"

export { afterAll, afterEach, beforeAll, beforeEach, describe, it, onTestFinished, test } from "@vitest/runner"

chai.use(JestExtend)
chai.use(JestChaiExpect)
chai.use(JestAsymmetricMatchers)

const POLL_MS = 50
const POLL_TIMEOUT_MS = 1000

function assertThat(value: unknown, message?: string): Chai.Assertion {
  const { assertionCalls } = getState(assertThat as never)
  setState({ assertionCalls: assertionCalls + 1 }, assertThat as never)
  return chai.expect(value, message)
}

/** `expect.poll(read).toBe(value)`, the one matcher that the portable tests poll with. */
function poll<T>(read: () => Promise<T>) {
  return {
    async toBe(wanted: T): Promise<void> {
      const end = performance.now() + POLL_TIMEOUT_MS
      while (performance.now() < end && !Object.is(await read(), wanted)) {
        await new Promise((resolve) => setTimeout(resolve, POLL_MS))
      }
      chai.expect(await read()).equal(wanted)
    },
  }
}

setState({ assertionCalls: 0, isExpectingAssertions: false, expectedAssertionsNumber: null } as never, assertThat as never)

const asymmetric = (globalThis as never as Record<symbol, object>)[ASYMMETRIC_MATCHERS_OBJECT as never]

export const expect = Object.assign(assertThat, chai.expect, asymmetric, { poll })

const stubbed = new Map<string, string | undefined>()

/** The environment of runtimes that have one, changed for a test. */
export const vi = {
  stubEnv(name: string, value: string | undefined): void {
    if (!stubbed.has(name)) stubbed.set(name, process.env[name])
    setEnv(name, value)
  },
  unstubAllEnvs(): void {
    for (const [name, value] of stubbed) setEnv(name, value)
    stubbed.clear()
  },
}

function setEnv(name: string, value: string | undefined): void {
  if (value === undefined) delete process.env[name]
  else process.env[name] = value
}
