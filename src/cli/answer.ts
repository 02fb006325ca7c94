/** What a command has to say: one JSON document for machines, lines for people. */
export interface Answer {
  readonly json: unknown
  readonly lines: readonly string[]
  /** Default {@link exitCodes.ok}. */
  readonly exitCode?: number | undefined
}

export const exitCodes = {
  ok: 0,
  /** It could not be done; the message says why. */
  failed: 1,
  /** The command line is wrong, or a name in it is. */
  usage: 2,
  /** What it names is not there. */
  notFound: 3,
  /** Bytes are not what their digest says, or a directory is not as the artifact. */
  mismatch: 4,
  /** Stopped by Ctrl-C or a signal; running it again goes on. */
  interrupted: 130,
} as const

export const exitCodeHelp = `Exit codes: 0 done, 1 failed, 2 wrong usage, 3 not found, 4 bytes or files differ from the artifact, 130 interrupted.`

const unprintable = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu

/** Text on one line that cannot steer a terminal: names come from anywhere. */
export function printable(text: string): string {
  return text.replace(unprintable, (char) => `\\u{${char.codePointAt(0)!.toString(16)}}`)
}
