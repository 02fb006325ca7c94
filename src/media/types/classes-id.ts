import type { MediaObject } from "../../ports.ts"
import { constType } from "./const.ts"
import { type ColumnType, invalidType } from "./type.ts"
import { unionType } from "./union.ts"

/** Ids of classes, of which a file in the artifact tells the names. */
export function classesIdType(classes: MediaObject, ids: readonly (number | string)[]): ColumnType {
  const valid = unionType(ids.map((id) => constType(id)))
  const self: ColumnType = {
    name: "classesId",
    needs: [{ object: classes, name: "media/cls" }],
    toJson(entryOf) {
      const { path, digest } = entryOf(classes)
      return {
        wb_type: "classesId",
        params: { valid_ids: valid.toJson(entryOf), classes_obj: { type: "classes-file", path, digest } },
      }
    },
    assign: (value) => self.assignType(constType(value)),
    assignType: (type) => (valid.assignType(type) === invalidType ? invalidType : self),
    toString: () => `Classesid(valid_ids:${valid})`,
  }
  return self
}
