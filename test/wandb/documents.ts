/** Every GraphQL operation of the client. */
import * as account from "../../src/wandb/account-documents.ts"
import type { Document } from "../../src/wandb/ask.ts"
import * as changing from "../../src/wandb/changing-documents.ts"
import * as collection from "../../src/wandb/collection-documents.ts"
import * as fetching from "../../src/wandb/fetching-documents.ts"
import * as logging from "../../src/wandb/logging-documents.ts"
import * as run from "../../src/wandb/run-documents.ts"

export const documents = [account, changing, collection, fetching, logging, run]
  .flatMap((module): readonly object[] => Object.values(module))
  .filter((value): value is Document<unknown, unknown> => "text" in value)
