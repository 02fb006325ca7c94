/** Where an option of the API is another of the command line; the others have the same name. */
const flags: ReadonlyMap<string, string> = new Map([
  ["actions", "--actions"],
  ["aliases", "--alias"],
  ["baseUrl", "--base-url"],
  ["collection", "--collection"],
  ["corsOrigins", "--cors"],
  ["description", "--description"],
  ["entity", "--entity"],
  ["expiresInSeconds", "--expires"],
  ["graceMs", "--grace"],
  ["id", "--id"],
  ["links", "--links"],
  ["metadata", "--metadata"],
  ["pathPrefix", "--path-prefix"],
  ["project", "--project"],
  ["tags", "--tag"],
  ["type", "--type"],
])

const phrases: readonly (readonly [RegExp, string])[] = [
  [/\binto\.entity\b/g, "--into"],
  [/^(alias|tag)e?s\[\d+\]/, "$1"],
  [/^targetPath\b/, "target"],
  [/aliases: \["([^"]*)"\]/g, "--alias $1"],
  [/\b(links|policy): "(\w+)" or "(\w+)"/g, "--$1 $2 or $3"],
  [/\b(links|policy): "(\w+)"/g, "--$1 $2"],
  [/\bPass apiKey, or set\b/, "Set"],
  [/\bpass (entity|project), or set\b/, "give --$1, or set"],
  [/\bpass root$/, "give --root"],
  [/\bwith ignore\b/, "with --ignore"],
]

/** What an error of the API says, in the words of the command line. Paths and names in it stay as they are. */
export function inOwnWords(message: string): string {
  const flagged = message.replace(
    /(?<![\w/\\"'.-])options\.(\w+)(\[\d+\])?/g,
    (whole: string, name: string) => flags.get(name) ?? whole,
  )
  return phrases.reduce((text, [phrase, own]) => text.replace(phrase, own), flagged)
}
