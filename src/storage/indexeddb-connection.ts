import { createStore, promisifyRequest } from "idb-keyval"
import { UnsupportedError } from "../errors.ts"
import { orStorageError } from "./browser-errors.ts"

const ROWS = "rows"

interface TransactOptions {
  /** `"strict"`: on disk when it resolves, and with it the rows that this database was given before. Default `"relaxed"`. */
  readonly durability?: IDBTransactionDurability | undefined
  /** What a message calls it. */
  readonly path?: string | undefined
  /** Bytes it writes, for the message when there is no room. */
  readonly needed?: number | undefined
}

/** One database of one table, opened on first use. */
export interface Connection {
  readonly name: string
  /**
   * Runs `work` in one transaction and resolves when its writes are stored; a failure undoes them all. `work` may wait for nothing but its
   * own requests, and may run twice: a connection that was lost is opened again, once.
   */
  transact<T>(mode: IDBTransactionMode, work: (rows: IDBObjectStore) => Promise<T>, options?: TransactOptions): Promise<T>
}

/** The result of an IndexedDB request. */
export const resultOf: <T>(request: IDBRequest<T>) => Promise<T> = promisifyRequest

/** Rows whose key starts with `prefix`, which ends in `/`; `after`: only those behind this key. */
export const rangeOf = (prefix: string, after?: string): IDBKeyRange =>
  IDBKeyRange.bound(after ?? prefix, `${prefix.slice(0, -1)}0`, after !== undefined, true)

/**
 * The database `name`. Rejects with `UnsupportedError` where there is no IndexedDB, with `StorageError` when the browser fails. A tab
 * that wants to delete the database is let.
 */
export function createConnection(name: string): Connection {
  const label = `IndexedDB ${name}`
  let opening: Promise<IDBDatabase> | undefined

  /** The connection, and how to be done with it: the next call opens another. */
  const connect = async () => {
    opening ??= openDatabase(name)
    const mine = opening
    // Who comes late must not throw away what has replaced it.
    const forget = () => {
      if (opening === mine) opening = undefined
    }
    const database = await mine.catch((error) => {
      forget()
      throw error
    })
    const drop = () => {
      forget()
      database.close()
    }
    database.onclose = forget
    database.onversionchange = drop
    return { database, drop }
  }

  return {
    name: label,
    transact<T>(mode: IDBTransactionMode, work: (rows: IDBObjectStore) => Promise<T>, options: TransactOptions = {}) {
      const { durability = "relaxed", path = label, needed } = options
      const attempt = async (isLast: boolean): Promise<T> => {
        const { database, drop } = await connect()
        try {
          return await runTransaction(database.transaction(ROWS, mode, { durability }), work)
        } catch (error) {
          if (isLast || !isLost(error)) throw error
          drop()
          return attempt(true)
        }
      }
      return orStorageError(mode === "readonly" ? "read" : "write", path, () => attempt(false), needed)
    },
  }
}

async function openDatabase(name: string): Promise<IDBDatabase> {
  if (!hasIndexedDb()) {
    throw new UnsupportedError(
      "There is no IndexedDB here (not a browser, or the site may not keep data); pass a registry over another store: init({ registry })",
    )
  }
  return createStore(name, ROWS)("readonly", (rows) => rows.transaction.db)
}

async function runTransaction<T>(transaction: IDBTransaction, work: (rows: IDBObjectStore) => Promise<T>): Promise<T> {
  const done = promisifyRequest(transaction)
  done.catch(() => undefined)
  try {
    const value = await work(transaction.objectStore(ROWS))
    if (transaction.mode !== "readonly") await done
    return value
  } catch (error) {
    // The requests of a transaction that ran out of room only say that it was aborted.
    const cause = transaction.error ?? error ?? new DOMException("the transaction was aborted", "AbortError")
    abort(transaction)
    throw cause
  }
}

function abort(transaction: IDBTransaction): void {
  try {
    transaction.abort()
  } catch {
    // It has ended already.
  }
}

/** The ways in which engines say that the connection has been closed beneath us. */
function isLost(error: unknown): boolean {
  return error instanceof DOMException && ["InvalidStateError", "UnknownError", "AbortError"].includes(error.name)
}

function hasIndexedDb(): boolean {
  try {
    return globalThis.indexedDB != null
  } catch {
    // The mere name throws where the user has blocked the site's data.
    return false
  }
}
