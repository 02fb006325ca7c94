import { type ColumnType, plainType } from "./type.ts"

const isKind = (logType: string) => (value: unknown) => (value as { logType?: unknown } | null | undefined)?.logType === logType

/** Cells that hold media of one kind, of which the type says no more than the kind. */
export function mediaType(logType: string): ColumnType {
  return plainType(logType, isKind(logType))
}

/** What an image's type tells of its layers: nothing, which Python completes when it opens the table. */
const nothing = Object.fromEntries(
  ["box_layers", "box_score_keys", "mask_layers", "box_class_maps", "mask_class_maps", "class_map"].map((name) => [
    name,
    { wb_type: "const", params: { val: name === "box_score_keys" ? [] : {}, is_set: name === "box_score_keys" } },
  ]),
)

/** The same with parameters that are kept as they are. */
export function keptType(
  logType: string,
  params: Readonly<Record<string, unknown>> | undefined = logType === "image-file" ? nothing : undefined,
): ColumnType {
  const type = mediaType(logType)
  const self: ColumnType = {
    ...type,
    toJson: () => ({ wb_type: logType, ...(params !== undefined && { params }) }),
    assign: (value) => (isKind(logType)(value) ? self : type.assign(value)),
    assignType: (other) => (other.name === logType ? self : type.assignType(other)),
  }
  return self
}
