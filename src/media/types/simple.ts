import { PyFloat } from "../python-number.ts"
import { type ColumnType, isNone, plainType } from "./type.ts"

export const noneType: ColumnType = /* @__PURE__ */ plainType("none", isNone)

export const stringType: ColumnType = /* @__PURE__ */ plainType(
  "string",
  (value) => typeof value === "string" && !isArtifactText(value),
)

/** Infinities too, and integers of any size; not NaN, which is nothing. */
export const numberType: ColumnType = /* @__PURE__ */ plainType("number", isNumber)

export const booleanType: ColumnType = /* @__PURE__ */ plainType("boolean", (value) => typeof value === "boolean")

export const timestampType: ColumnType = /* @__PURE__ */ plainType("timestamp", (value) => value instanceof Date)

/** Everything but nothing. */
export const anyType: ColumnType = /* @__PURE__ */ plainType(
  "any",
  (value) => !isNone(value),
  ({ name }) => name !== "none" && name !== "invalid",
)

/** A version of an artifact: its address, or what W&B writes in its place. */
export const artifactVersionType: ColumnType = /* @__PURE__ */ plainType("artifactVersion", isArtifact)

export function isNumber(value: unknown): boolean {
  return (typeof value === "number" && !Number.isNaN(value)) || typeof value === "bigint" || isFloat(value)
}

const isFloat = (value: unknown): boolean => value instanceof PyFloat && !Number.isNaN(value.value)

const isArtifactText = (value: string): boolean => value.startsWith("wandb-artifact://")

export function isArtifact(value: unknown): boolean {
  if (typeof value === "string") return isArtifactText(value)
  return typeof value === "object" && value !== null && (value as { _type?: unknown })._type === "artifactVersion"
}
