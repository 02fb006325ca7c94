import { hasLoneSurrogate } from "../core/check.ts"
import { InvalidArgumentError, StorageError } from "../errors.ts"

const DEVICES = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(?:\.|$)/i
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what Windows refuses
const FORBIDDEN = /[<>:"|?*\\\u0000-\u001f]/
const MAX_NAME_BYTES = 255

/**
 * The components of an entry path, each fit to be a file name here. Throws `InvalidArgumentError` for a path that could leave the
 * directory it is put in, and `StorageError` for a name that is fine elsewhere but not on this platform.
 */
export function localNames(path: string, platform: string = process.platform): string[] {
  const names = path.split("/")
  for (const name of names) {
    if (name === "" || name === "." || name === ".." || name.includes("\0")) throw unsafe(path)
    if (platform === "win32" && name.includes("\\"))
      throw unusable(path, name, 'holds a "\\", which separates directories on Windows')
    checkName(path, name, platform)
  }
  return names
}

function checkName(path: string, name: string, platform: string): void {
  // Written as UTF-8 it would become another name.
  if (hasLoneSurrogate(name)) throw unusable(path, name, "is not well-formed Unicode")
  // ASCII is one byte a character: most names are known to fit without encoding them.
  if (name.length * 3 > MAX_NAME_BYTES && Buffer.byteLength(name) > MAX_NAME_BYTES)
    throw unusable(path, name, `is longer than ${MAX_NAME_BYTES} bytes`)
  if (platform !== "win32") return
  if (FORBIDDEN.test(name))
    throw unusable(path, name, 'holds one of < > : " | ? * or a control character, which Windows does not allow')
  if (/[. ]$/.test(name)) throw unusable(path, name, "ends in a dot or a space, which Windows drops")
  if (DEVICES.test(name)) throw unusable(path, name, "is the name of a device on Windows")
}

function unsafe(path: string): InvalidArgumentError {
  return new InvalidArgumentError(
    "path",
    `${JSON.stringify(path)} is not a path inside an artifact: no empty, ".", ".." or NUL parts`,
    { path },
  )
}

function unusable(path: string, name: string, problem: string): StorageError {
  const shown = name.length > 60 ? `${name.slice(0, 60)}…` : name
  return new StorageError(
    `"${path}" cannot be a file here: ${JSON.stringify(shown)} ${problem}; read the entry instead of downloading it`,
    { path },
  )
}
