import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { ArtifactTTL, checkTtl, durationFromSeconds, toTtlSeconds } from "../../src/core/ttl.ts"
import { InvalidArgumentError } from "../../src/errors.ts"

/** Shaped like Temporal.Duration: every unit is a getter of the prototype. */
class DurationLike {
  get years() {
    return 0
  }
  get days() {
    return 30
  }
  get nanoseconds() {
    return 0
  }
}

describe("toTtlSeconds", () => {
  test.each([
    [{ days: 30 }, 2_592_000],
    [{ weeks: 1, days: 1, hours: 1, minutes: 1, seconds: 1, milliseconds: 1000 }, 694_862],
    [{ days: 1, hours: -1 }, 82_800],
    [{ days: 0.5 }, 43_200],
    [{ milliseconds: 1999 }, 1],
    [{ seconds: 0.9999999 }, 1],
    [{ minutes: 1.1 }, 66],
    [{ hours: 1, days: undefined, months: 0 }, 3600],
    [new DurationLike(), 2_592_000],
    [{ days: 999_999_999 }, 86_399_999_913_600],
  ])("%j is %d s", (value, seconds) => expect(toTtlSeconds(value)).toBe(seconds))

  const bags = [
    {},
    { days: 0 },
    { days: -1 },
    { milliseconds: 999 },
    { days: "30" },
    { days: Number.NaN },
    { seconds: Number.POSITIVE_INFINITY },
    { days: 1e9 },
  ]
  const calendar = [{ years: 1 }, { months: 1 }, { months: -1, days: 60 }, { day: 30 }, { days: 1, fortnights: 1 }]
  test.each([...bags, ...calendar, null, undefined, 30, "P30D", true, "inherit", () => 1].map((value) => [value]))(
    "%j is refused",
    (value) => {
      expect(() => toTtlSeconds(value)).toThrow(InvalidArgumentError)
    },
  )

  test("an array is refused", () => expect(() => toTtlSeconds([1])).toThrow(InvalidArgumentError))

  test("messages name the unit and the way out", () => {
    expect(() => toTtlSeconds({ months: 1 }, "artifact.ttl")).toThrow(
      "artifact.ttl.months must be 0: months have no fixed length, got 1. Count in days or weeks.",
    )
    expect(() => toTtlSeconds({ day: 1 })).toThrow('ttl has no unit "day". It takes weeks, days, hours,')
    expect(() => toTtlSeconds(30)).toThrow("ttl must be a duration such as { days: 30 }, got 30.")
  })
})

test("checkTtl passes never and inherit through", () => {
  expect(checkTtl(null)).toBe(null)
  expect(checkTtl(ArtifactTTL.INHERIT)).toBe("inherit")
  expect(checkTtl({ minutes: 1 })).toBe(60)
})

describe("durationFromSeconds", () => {
  test.each([
    [0, { seconds: 0 }],
    [2_592_000, { days: 30 }],
    [90_061, { days: 1, hours: 1, minutes: 1, seconds: 1 }],
    [3600, { hours: 1 }],
  ])("%d", (seconds, duration) => expect(durationFromSeconds(seconds)).toStrictEqual(duration))

  test("property: goes back", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 86_399_999_913_600 }), (seconds) => {
        expect(toTtlSeconds(durationFromSeconds(seconds))).toBe(seconds)
      }),
    )
  })

  test.each([-1, 0.5, Number.NaN, undefined])("%j is refused", (seconds) => {
    expect(() => durationFromSeconds(seconds as number)).toThrow(InvalidArgumentError)
  })
})
