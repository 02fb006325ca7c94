import type { OnProgress, ProgressEvent } from "isofact"

/** Shows progress as a bar on a terminal and as one closing line elsewhere; counts what really moved. */
export function showProgress(label: string) {
  const bar = process.stdout.isTTY === true
  const moved = { files: 0, bytes: 0 }
  let last: ProgressEvent | undefined
  let before = 0
  const onProgress: OnProgress = (event) => {
    if ((event.type === "store" || event.type === "download") && event.fileDone) moved.files += 1
    if (event.type === "store" || event.type === "download") moved.bytes += event.bytesDone - before
    before = event.bytesDone
    last = event
    if (bar) process.stdout.write(`\r${label} ${draw(event)}\u001b[K`)
  }
  const end = () => {
    if (bar) process.stdout.write("\r\u001b[K")
    console.log(
      `${label}: ${last?.filesDone ?? 0} files, ${kilobytes(last?.bytesDone ?? 0)}; moved ${moved.files} files, ${kilobytes(moved.bytes)}`,
    )
    return moved
  }
  return { onProgress, end }
}

function draw({ bytesDone, bytesTotal, filesDone, filesTotal, path }: ProgressEvent): string {
  const share = bytesTotal ? Math.min(1, bytesDone / bytesTotal) : 0
  const width = 24
  const full = Math.round(share * width)
  return `[${"=".repeat(full)}${" ".repeat(width - full)}] ${filesDone}/${filesTotal ?? "?"} ${kilobytes(bytesDone)} ${path.slice(-30)}`
}

export function kilobytes(bytes: number): string {
  return `${(bytes / 1000).toLocaleString("en-US", { maximumFractionDigits: 1 })} kB`
}
