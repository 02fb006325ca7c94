/** Unpacks the Chromium that npm carries, once: files that run at the same time would each begin to, and start what is there only in part. */
import sparticuz from "@sparticuz/chromium"

export async function setup(): Promise<void> {
  await sparticuz.executablePath()
}
