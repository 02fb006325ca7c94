/**
 * The tree of `lane` in `round`: 12 files and one more each round. Half of the 12 change from round to round, and every other round
 * brings a new large file.
 */
export function treeOf(lane: string, round: number): Map<string, Uint8Array> {
  const tree = new Map<string, Uint8Array>()
  for (let file = 0; file < 12 + round; file++) {
    const changed = file < 12 ? round - ((round + file) % 2) : file
    tree.set(`${file % 3 === 0 ? "deep/er/" : ""}f${file}.bin`, fill(`${lane} ${file} ${changed}`, 40 + 130 * (file % 20)))
  }
  tree.set("same-as-f1.bin", tree.get("f1.bin")!)
  tree.set("large.bin", fill(`${lane} large ${round >> 1}`, 1_200_000))
  return tree
}

function fill(seed: string, size: number): Uint8Array {
  const text = new TextEncoder().encode(`${seed}\n`)
  const bytes = new Uint8Array(size)
  for (let at = 0; at < size; at += text.length) bytes.set(text.subarray(0, size - at), at)
  return bytes
}
