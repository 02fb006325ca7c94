import { hexEncode } from "../core/digest-text.ts"
import { md5 } from "../core/md5.ts"
import { InvalidArgumentError } from "../errors.ts"
import type { MediaDraft, MediaSource } from "../ports.ts"
import { mediaObject } from "./json-shape.ts"
import { Media } from "./media.ts"
import { pythonRepr } from "./python-repr.ts"
import { classesIdType } from "./types/classes-id.ts"
import { isDictionary } from "./types/list.ts"
import type { ColumnType } from "./types/type.ts"

export interface Class {
  readonly id: number | string
  readonly name: string
}

/** Names of classes by number, as in `{ 1: "wren" }`. */
export type ClassLabels = Readonly<Record<number | string, string>>

/** What the numbers in boxes, masks and columns stand for. */
export class Classes extends Media {
  readonly logType = "classes"
  readonly classSet: readonly Class[]

  /** @throws InvalidArgumentError when one has no id or no name */
  constructor(classSet: readonly Class[]) {
    super()
    const isClass = (one: unknown) =>
      isDictionary(one) && (typeof one.id === "number" || typeof one.id === "string") && typeof one.name === "string"
    if (!Array.isArray(classSet) || !classSet.every(isClass)) {
      throw new InvalidArgumentError(
        "classSet",
        'classSet must be a list of classes, each an object of id and name: { id: 1, name: "wren" }',
      )
    }
    this.classSet = classSet
  }

  static async read(json: unknown, _: MediaSource): Promise<Classes> {
    return new Classes(mediaObject(json, "classes").class_set as Class[])
  }

  async toJson(_: MediaDraft): Promise<unknown> {
    return { _type: this.logType, class_set: this.classSet }
  }

  /** The type of a column of ids, as in `new Table({ dtype: [classes] })`. */
  override columnType(): ColumnType {
    return classesIdType(
      this,
      this.classSet.map(({ id }) => id),
    )
  }

  /** What W&B names the file of an image's classes by. */
  fileId(): string {
    return hexEncode(md5(new TextEncoder().encode(pythonRepr(this.classSet))))
  }
}

/** Labels in the order of their keys, which are numbers where they look so. */
export function labelEntries(labels: ClassLabels, argument: string): [id: number, name: string][] {
  const entries = Object.entries(labels).map(([id, name]): [number, string] => [Number(id), name])
  if (entries.every(([id, name]) => !Number.isNaN(id) && typeof name === "string")) return entries
  throw new InvalidArgumentError(argument, `${argument} must be names by class number, as in { 1: "wren" }`)
}
