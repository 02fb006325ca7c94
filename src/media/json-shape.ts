import { InvalidArgumentError } from "../errors.ts"
import { isDictionary } from "./types/list.ts"

export type JsonObject = Readonly<Record<string, unknown>>

/** The JSON of a medium of one kind. @throws InvalidArgumentError when it is of another, or none */
export function mediaObject(json: unknown, logType: string): JsonObject {
  if (isDictionary(json) && (json._type === undefined || json._type === logType)) return json
  throw new InvalidArgumentError("name", `The JSON of a ${logType} is no object of this kind`)
}

export const captionOf = ({ caption }: JsonObject): string | undefined => (typeof caption === "string" ? caption : undefined)
export const numberOf = (value: unknown): number | undefined => (typeof value === "number" ? value : undefined)
