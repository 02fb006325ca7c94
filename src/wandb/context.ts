import type { Manifest } from "../core/manifest.ts"
import type { Remembered } from "../core/remember.ts"
import type { CallOptions, Hasher, ProjectRef } from "../ports.ts"
import type { Ask } from "./ask.ts"
import type { Parts } from "./download-parts.ts"
import type { FileAddresses } from "./file-addresses.ts"
import type { Http } from "./http.ts"
import type { PendingVersions } from "./pending.ts"

/** What the methods of one client share. */
export interface Context {
  readonly http: Http
  readonly ask: Ask
  readonly hasher: Hasher
  readonly baseUrl: string
  readonly appUrl: string
  /** What requests to the service itself carry, and none to a signed address. */
  readonly authorized: Readonly<Record<string, string>>
  readonly multipartBytes: number
  readonly partBytes: number | undefined
  /** Of downloads. */
  readonly parts: Parts
  /** What the stores have shown of themselves. */
  readonly stores: { takeNoStreams: boolean }
  readonly pending: PendingVersions
  readonly addresses: FileAddresses
  readonly layouts: Remembered<Layout>
  readonly organizations: Organizations
  defaults(options?: CallOptions): Promise<ProjectRef>
  /** Whether the server says that it has a feature; one that does not know of features has none. */
  hasFeature(name: string, options?: CallOptions): Promise<boolean>
}

/** How the service keeps the files of a version, as its manifest says. */
export type Layout = Pick<Manifest, "storageLayout" | "storageRegion">

/** W&B's registries belong to organizations, whose name in addresses is not the one that people see. */
export interface Organizations {
  /** The same place with the entity that the server knows it by. */
  resolve<T extends ProjectRef>(ref: T, options?: CallOptions): Promise<T>
  /** What people call the organization behind an entity, as far as it has been met. */
  displayName(entity: string): string
}
