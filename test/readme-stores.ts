/** What snippets of the README find elsewhere: a bucket with one recording. Any other host is not reached. */
const host = "field-recordings.s3.eu-central-1.amazonaws.com"
const key = "2026/dawn.flac"
const etag = '"0cc175b9c0f1b6a831c399e269772661"'
const listing = `<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>${key}</Key><ETag>${etag}</ETag><Size>1</Size></Contents></ListBucketResult>`

globalThis.fetch = async (input, init) => {
  const url = new URL(String(input))
  const authorization = new Headers(init?.headers).get("authorization") ?? ""
  if (url.host !== host) throw new TypeError(`The README speaks to ${url.host}`)
  if (!authorization.startsWith("AWS4-HMAC-SHA256 Credential=AKIA"))
    return new Response("<Code>AccessDenied</Code>", { status: 403 })
  if (url.pathname === "/") return new Response(listing)
  if (url.pathname !== `/${key}`) return new Response(null, { status: 404 })
  return new Response(init?.method === "HEAD" ? null : "a", { headers: { etag, "content-length": "1" } })
}
