/** Names and trees as somebody would choose them who wants to write where he may not. */
import fc from "fast-check"

const components = [
  ..."a b A .. . ... ~ -rf * con CON.txt nul com1.log trail. __proto__ constructor toString C: c:x a:b ..\\.. a\\b \\ \\\\srv".split(
    " ",
  ),
  "",
  "trail ",
  "\u00e9",
  "e\u0301",
  "\u{1f600}",
  "new\nline",
  "nul\0byte",
  "\ud800",
  "\udc00x",
  "%2e%2e",
  "x".repeat(255),
  "y".repeat(300),
  "\u00e9".repeat(150),
  ".isofact-0123abcd-1-a.tmp",
]

const classics = [
  "..",
  "../x",
  "../../x",
  "a/../../x",
  "a/b/../../../x",
  "/x",
  "//x",
  "..\\x",
  "\\x",
  "C:\\x",
  "a/..",
  "./../x",
  "../root/x",
]

export const hostileName = fc.oneof(
  fc.constantFrom(...classics),
  fc
    .array(fc.tuple(fc.constantFrom(...components), fc.constantFrom("/", "/", "/", "//", "\\")), { minLength: 1, maxLength: 5 })
    .map((parts) => parts.map(([component, separator], at) => (at === 0 ? component : separator + component)).join("")),
  fc.constantFrom(...components).map((component) => `/${component}`),
  fc.string({ unit: "binary", maxLength: 12 }),
)

/** The path an entry of this name has, or undefined when no artifact may have it: the rules of the documentation, said in another way. */
export function safePath(name: string): string | undefined {
  const path = name
    .split("/")
    .filter((part) => part !== "" && part !== ".")
    .join("/")
  const climbs = path.split(/[/\\]/).some((part) => part === "..")
  const isRooted = name.startsWith("/") || path.startsWith("\\") || /^[a-z]:/i.test(path)
  return path === "" || climbs || isRooted || path.includes("\0") || !isText(path) ? undefined : path
}

/** Half of a surrogate pair is no text. */
function isText(path: string): boolean {
  return Buffer.from(path).toString() === path
}

/** Whether a download can have this file on Linux, which takes all but long names; a file being written has a name of its own kind. */
export function fitsLinux(path: string): boolean {
  return path.split("/").every((part) => Buffer.byteLength(part) <= 255) && !/(^|\/)\.isofact-[^/]*\.tmp$/.test(path)
}
