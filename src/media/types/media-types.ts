import { InvalidArgumentError } from "../../errors.ts"
import type { MediaObject } from "../../ports.ts"
import type { Classes } from "../classes.ts"
import { classesIdType } from "./classes-id.ts"
import type { TypeReader } from "./decode.ts"
import { readImageType } from "./image.ts"
import { foreignIndexType, foreignKeyType, primaryKeyType } from "./keys.ts"
import { isDictionary } from "./list.ts"
import { mediaType } from "./media-type.ts"
import { tableType } from "./table.ts"
import { isTypedDict, typedDictType } from "./typed-dict.ts"

const plain = [
  "audio-file",
  "video-file",
  "html-file",
  "object3D-file",
  "bokeh-file",
  "joined-table",
  "partitioned-table",
  "wb_trace_tree",
]

/** How to read the types of cells that hold media, or name rows of tables or classes: `objects` by their paths. */
export function mediaTypes(objects: ReadonlyMap<string, MediaObject>): ReadonlyMap<string, TypeReader> {
  const tableAt = (path: unknown) => {
    const table = objects.get(path as string)
    if (table !== undefined) return table
    throw new InvalidArgumentError("table", "A column points into a table, but its type does not tell which")
  }
  const readKey: TypeReader = ({ table, col_name: column }) => foreignKeyType(tableAt(table), String(column))
  const readIndex: TypeReader = ({ table }) => foreignIndexType(tableAt(table))
  const readPrimary: TypeReader = () => primaryKeyType
  const readIds: TypeReader = ({ classes_obj: file }) => {
    const classes = objects.get(isDictionary(file) ? String(file.path) : "")
    if (classes?.logType !== "classes")
      throw new InvalidArgumentError("table", "A column holds ids of classes, but its type does not tell which")
    return classesIdType(
      classes,
      (classes as Classes).classSet.map(({ id }) => id),
    )
  }
  const readTable: TypeReader = ({ column_types: json }, read) => {
    const columns = json === undefined ? typedDictType(new Map()) : read(json)
    if (isTypedDict(columns)) return tableType(columns)
    throw new InvalidArgumentError("table", "A column holds tables, but its type does not tell their columns")
  }
  return new Map<string, TypeReader>([
    ...plain.map((name): [string, TypeReader] => [name, () => mediaType(name)]),
    ["image-file", readImageType],
    ["wandb.Image", readImageType],
    ["classesId", readIds],
    ["wandb.Classes_id", readIds],
    ["table", readTable],
    ["wandb.Table", readTable],
    ["foreignKey", readKey],
    ["wandb.TableForeignKey", readKey],
    ["foreignIndex", readIndex],
    ["wandb.TableForeignIndex", readIndex],
    ["primaryKey", readPrimary],
    ["wandb.TablePrimaryKey", readPrimary],
  ])
}
