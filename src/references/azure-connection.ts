import type { Platform } from "../ports.ts"

/** The account of Azure's emulators; its key is the same everywhere and in their documentation. */
const EMULATOR =
  "DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;" +
  "AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="

/** `AZURE_STORAGE_CONNECTION_STRING`, written out where it says no more than that an emulator runs here; undefined when not set. */
export function azureConnection(env: Platform["env"]): string | undefined {
  const text = env("AZURE_STORAGE_CONNECTION_STRING") || undefined
  return text === undefined ? undefined : writtenOut(text)
}

export function writtenOut(connection: string): string {
  if (!/(^|;)\s*UseDevelopmentStorage=true\s*(;|$)/i.test(connection)) return connection
  const proxy = /(?:^|;)\s*DevelopmentStorageProxyUri=([^;]+)/i.exec(connection)?.[1] ?? "http://127.0.0.1"
  return `${EMULATOR};BlobEndpoint=${proxy.trim().replace(/\/+$/, "")}:10000/devstoreaccount1`
}
