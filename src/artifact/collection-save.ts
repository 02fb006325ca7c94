import { checkTags } from "../core/names.ts"
import type { CallOptions, CollectionRecord } from "../ports.ts"
import { checkCall } from "./call.ts"
import type { Session } from "./session.ts"

interface CollectionEdits {
  readonly name: string
  readonly type: string
  readonly description: string | null
  readonly tags: readonly string[]
}

/** Persists what differs from `record`, so that two editors do not undo each other; returns the collection as it is then. */
export function saveCollection(
  { registry }: Session,
  record: CollectionRecord,
  { name, type, description, tags }: CollectionEdits,
  options: CallOptions,
): Promise<CollectionRecord> {
  checkCall(options)
  const wanted = checkTags(tags)
  const changes = {
    name: name === record.collection ? undefined : name,
    type: type === record.type ? undefined : type,
    description: description === record.description ? undefined : description,
    addTags: wanted.filter((tag) => !record.tags.includes(tag)),
    removeTags: record.tags.filter((tag) => !wanted.includes(tag)),
  }
  return registry.updateCollection(record, changes, options)
}
