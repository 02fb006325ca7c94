import type { Content, MediaDraft, MediaObject } from "../ports.ts"
import { textContent } from "./bytes-content.ts"
import { pythonJson } from "./python-json.ts"
import { mediaType } from "./types/media-type.ts"
import type { ColumnType } from "./types/type.ts"

/** What `artifact.add` takes and `artifact.get` gives, as its classes make it: a JSON object beside the files that it names. */
export abstract class Media implements MediaObject {
  abstract readonly logType: string

  /** Its JSON in an artifact, after what it names was added to `draft`. */
  abstract toJson(draft: MediaDraft): Promise<unknown>

  /** The type of a table's cell that holds it. */
  columnType(): ColumnType {
    return mediaType(this.logType)
  }

  async toContent(draft: MediaDraft): Promise<Content> {
    return textContent(pythonJson(await this.toJson(draft), this.logType))
  }
}
