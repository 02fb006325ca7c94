import { InvalidArgumentError } from "../errors.ts"
import { refuse } from "./check.ts"
import { show } from "./show.ts"

/** What `artifact.ttl` takes besides a duration and `null` (never expires). */
export const ArtifactTTL = {
  /** Live as long as the team's default says. */
  INHERIT: "inherit",
} as const

/**
 * A length of time as a bag of units, which add up: `{ days: 30 }`, `{ weeks: 1, hours: 12 }`. A `Temporal.Duration` is one. Years
 * and months have no fixed length and must be 0.
 */
export interface DurationInput {
  readonly years?: number | undefined
  readonly months?: number | undefined
  readonly weeks?: number | undefined
  readonly days?: number | undefined
  readonly hours?: number | undefined
  readonly minutes?: number | undefined
  readonly seconds?: number | undefined
  readonly milliseconds?: number | undefined
  readonly microseconds?: number | undefined
  readonly nanoseconds?: number | undefined
}

/** How a stored ttl reads: only units that are not 0. */
export interface Duration {
  readonly days?: number
  readonly hours?: number
  readonly minutes?: number
  readonly seconds?: number
}

/** Seconds of each unit; 0 for what has no fixed length. */
const SECONDS: { readonly [unit: string]: number } = {
  years: 0,
  months: 0,
  weeks: 604_800,
  days: 86_400,
  hours: 3_600,
  minutes: 60,
  seconds: 1,
  milliseconds: 1e-3,
  microseconds: 1e-6,
  nanoseconds: 1e-9,
}
const UNITS = Object.keys(SECONDS).filter((unit) => SECONDS[unit] !== 0)
const ADVICE = "null means never, ArtifactTTL.INHERIT the team's default."
// Python's `timedelta` ends there.
const MAX_SECONDS = 999_999_999 * 86_400

/**
 * Whole seconds of a duration, a rest dropped as in Python. Throws `InvalidArgumentError` for what is shorter than a second, for
 * years and months, for unknown units, and for a bare number or string, which have no unit.
 */
export function toTtlSeconds(value: unknown, argument = "ttl"): number {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return refuse(argument, "a duration such as { days: 30 }", value, ADVICE)
  }
  const bag = value as Record<string, unknown>
  for (const unit of Object.keys(bag)) {
    if (Object.hasOwn(SECONDS, unit)) continue
    throw new InvalidArgumentError(`${argument}.${unit}`, `${argument} has no unit ${show(unit)}. It takes ${UNITS.join(", ")}.`)
  }
  const seconds = sumUnits(bag, argument)
  return seconds >= 1 && seconds <= MAX_SECONDS
    ? seconds
    : refuse(argument, "from 1 second to 999999999 days long", seconds, ADVICE)
}

/**
 * Whole seconds and fractions are added up apart, or the fractions would be lost in large sums; these count to the microsecond, as
 * in Python.
 */
function sumUnits(bag: Record<string, unknown>, argument: string): number {
  let whole = 0
  let rest = 0
  for (const [unit, length] of Object.entries(SECONDS)) {
    const count = readUnit(bag, unit, argument)
    if (length === 0 && count !== 0)
      refuse(`${argument}.${unit}`, `0: ${unit} have no fixed length`, count, "Count in days or weeks.")
    const seconds = count * length
    whole += Math.trunc(seconds)
    rest += seconds % 1
  }
  return whole + Math.floor(Math.round(rest * 1e6) / 1e6)
}

/**
 * What `artifact.ttl = …` takes, as a registry takes it: seconds, `"inherit"`, or `null` for never. Throws as {@link toTtlSeconds}
 * does.
 */
export function checkTtl(value: unknown, argument = "ttl"): number | "inherit" | null {
  return value === null || value === ArtifactTTL.INHERIT ? value : toTtlSeconds(value, argument)
}

/** Seconds as days, hours, minutes and seconds. Throws `InvalidArgumentError` for a negative or fractional number. */
export function durationFromSeconds(seconds: number): Duration {
  if (!Number.isSafeInteger(seconds) || seconds < 0) refuse("seconds", "a whole number of at least 0", seconds)
  const parts: Required<Duration> = {
    days: Math.floor(seconds / 86_400),
    hours: Math.floor(seconds / 3_600) % 24,
    minutes: Math.floor(seconds / 60) % 60,
    seconds: seconds % 60,
  }
  return seconds === 0 ? { seconds: 0 } : Object.fromEntries(Object.entries(parts).filter(([, count]) => count !== 0))
}

function readUnit(bag: Record<string, unknown>, unit: string, argument: string): number {
  const count = bag[unit] ?? 0
  return typeof count === "number" && Number.isFinite(count) ? count : refuse(`${argument}.${unit}`, "a finite number", count)
}
