/** What goes into a page: escaped text, formatted values, rows of a file, and a style that can be read. */
import { describe, expect, test } from "vitest"
import { duration, flatten, name, size, time } from "../../src/server/pages/format.ts"
import { html, type Piece, webAddress } from "../../src/server/pages/html.ts"
import { parseSeparated, readTable } from "../../src/server/pages/preview-table.ts"
import { styleSheet } from "../../src/server/pages/style.ts"
import { inhabited } from "./pages-fixture.ts"
import { origin } from "./site.ts"

const markup = (piece: Piece) => html`${piece}`.markup

describe("html", () => {
  test("escapes everything that is not html already", () => {
    expect(html`<a title="${`"'<>&`}">${"<b>"}</a>`.markup).toBe('<a title="&quot;&#39;&lt;&gt;&amp;">&lt;b&gt;</a>')
    expect(html`${html`<i>${"<"}</i>`}${[html`<u></u>`, "&", 1]}${undefined}${null}${false}${0}`.markup).toBe(
      "<i>&lt;</i><u></u>&amp;10",
    )
  })

  test("takes no look-alike for html", () => {
    const forged = JSON.parse('{"markup":"<script>"}') as Piece
    expect(() => markup(forged)).toThrow()
  })

  test("knows addresses that only open a page", () => {
    expect(webAddress("https://birds.example/a?b=1&c")).toBe("https://birds.example/a?b=1&c")
    for (const text of [
      "javascript:alert(1)",
      " JaVaScRiPt:alert(1)",
      "java\nscript:alert(1)",
      "data:text/html,x",
      "vbscript:x",
      "s3://a/b",
      "/x",
      "",
    ]) {
      expect(webAddress(text)).toBeUndefined()
    }
  })
})

describe("formats", () => {
  test("names hide nothing", () => {
    expect(markup(name("a\u202eb\u2066c\u0000\u2028\u200bd"))).toBe("<bdi>a\\u{202e}b\\u{2066}c\\u{0}\\u{2028}\\u{200b}d</bdi>")
    expect(markup(name("می‌خواهم 👩‍🔬 日本"))).toBe("<bdi>می‌خواهم 👩‍🔬 日本</bdi>")
  })

  test.each([
    [0, "0 B"],
    [999, "999 B"],
    [1000, "1.0 kB"],
    [1_250_000, "1.3 MB"],
    [999_949, "1.0 MB"],
    [99_950_000, "100.0 MB"],
    [123_456_789_012, "123 GB"],
    [2 ** 53 - 1, "9.0 PB"],
  ])("%d bytes are %s", (bytes, text) => {
    expect(markup(size(bytes))).toContain(`>${text}<`)
  })

  test("times are UTC", () => {
    expect(markup(time("2026-01-05T23:04:09.123Z"))).toBe(
      '<time datetime="2026-01-05T23:04:09.123Z" title="2026-01-05 23:04:09 UTC">5 Jan 2026, 23:04</time>',
    )
    expect(markup(time("<soon>"))).toBe("&lt;soon&gt;")
    expect([90 * 86_400, 86_400, 36 * 3600, 61].map(duration)).toEqual(["90 days", "1 day", "36 hours", "61 seconds"])
  })

  test("metadata is a list of places", () => {
    const metadata = { a: { b: [1, "x"], c: {} }, "d.e": [{ f: null }, [1]], "": 1 }
    expect(flatten(metadata, 10)).toEqual([
      { key: "a.b", value: [1, "x"] },
      { key: "a.c", value: {} },
      { key: '["d.e"][0].f', value: null },
      { key: '["d.e"][1]', value: [1] },
      { key: '[""]', value: 1 },
    ])
    expect(flatten(metadata, 2)).toHaveLength(2)
    expect(flatten({}, 2)).toEqual([])
  })
})

describe("tables", () => {
  test.each([
    [
      "a,b\n1,2\n",
      [
        ["a", "b"],
        ["1", "2"],
      ],
    ],
    ["a\r\n1\r\n", [["a"], ["1"]]],
    ['"a,""b""\nc",d', [['a,"b"\nc', "d"]]],
    [
      "a,,c\n,,\n",
      [
        ["a", "", "c"],
        ["", "", ""],
      ],
    ],
    ['a\nx"y,1\n', [["a"], ['x"y', "1"]]],
    ['a\n"open,1\n2', [["a"], ['"open', "1"], ["2"]]],
    ['a\n"x"y,1\nz', [["a"], ['"x"y', "1"], ["z"]]],
    ["a,", [["a", ""]]],
  ])("%j", (text, rows) => {
    const { columns, rows: rest } = parseSeparated(text, ",")
    expect([columns, ...rest]).toEqual(rows)
  })

  test("a hostile file takes no longer than its length", () => {
    for (const text of [`"${'""'.repeat(100_000)}`, '"'.repeat(200_001), ",".repeat(200_000), `"${"a".repeat(200_000)}`]) {
      expect(parseSeparated(text, ",").columns.length).toBeGreaterThan(0)
    }
  })

  test("only what is one is W&B's table", () => {
    expect(readTable({ columns: ["a", 1], data: [[1, 2]] })).toEqual({ columns: ["a", "1"], rows: [[1, 2]] })
    for (const other of [null, 1, [], {}, { columns: [] }, { columns: [], data: [1] }, { columns: "a", data: [] }]) {
      expect(readTable(other)).toBeUndefined()
    }
  })
})

describe("the style", () => {
  const schemes = [...styleSheet.matchAll(/:root \{([^}]*)\}/g)].map(
    ([, body]) => new Map([...body!.matchAll(/--([\w-]+): (#\w+)/g)].map(([, key, color]) => [key!, color!])),
  )
  const luminance = (color: string) => {
    const full = color.length === 4 ? color.replace(/\w/g, "$&$&") : color
    const [r, g, b] = [1, 3, 5].map((at) => Number.parseInt(full.slice(at, at + 2), 16) / 255) as [number, number, number]
    const linear = (value: number) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)
    return 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b)
  }
  const contrast = (a: string, b: string) => {
    const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y) as [number, number]
    return (high + 0.05) / (low + 0.05)
  }
  const texts = ["ink", "soft", "link", "added", "removed", "changed", "tag-ink"]
  const pairs = texts.flatMap((text) => ["ground", "sheet", "sunk"].map((ground) => [text, ground, 4.5] as const))
  test.each([
    ...pairs,
    ["alias-ink", "alias", 4.5] as const,
    ["sheet", "link", 4.5] as const,
    ["ink", "run", 4.5] as const,
    ["soft", "run", 4.5] as const,
    ["strong-line", "sheet", 3] as const,
    ["strong-line", "ground", 3] as const,
    ["focus", "ground", 3] as const,
    ["focus", "sheet", 3] as const,
  ])("%s on %s can be told apart", (text, ground, least) => {
    const [light, dark] = schemes as [Map<string, string>, Map<string, string>]
    for (const scheme of [light, dark]) expect(contrast(scheme.get(text)!, scheme.get(ground)!)).toBeGreaterThanOrEqual(least)
  })

  test("comes from an address that changes with it, for anyone and for good", async () => {
    const { site, ann } = await inhabited()
    const address = /<link rel="stylesheet" href="([^"]*)">/.exec(await ann.text("/"))![1]!
    expect(address).toMatch(/^\/assets\/style-[0-9a-f]{12}\.css$/)
    const response = await site.fetch(address)
    expect(await response.text()).toBe(styleSheet)
    expect(response.headers.get("content-type")).toContain("text/css")
    expect(response.headers.get("cache-control")).toContain("immutable")
    expect((await site.fetch("/assets/style-000000000000.css")).status).toBe(401)
  })
})

describe("every answer", () => {
  test.each(["/", "/login", "/authorize", "/ann/birds", "/none/at/all", "/ann/birds/artifacts/dataset/field/v1/lineage"])(
    "%s",
    async (address) => {
      const { ann } = await inhabited()
      for (const visit of [ann.get(address), fetchAlone(address)]) {
        const response = await visit
        const policy = response.headers.get("content-security-policy")!
        const rules = new Map(
          policy.split("; ").map((rule) => [rule.slice(0, rule.indexOf(" ")), rule.slice(rule.indexOf(" ") + 1)]),
        )
        expect(rules.get("default-src")).toBe("'none'")
        expect(policy).not.toContain("unsafe")
        for (const rule of ["frame-ancestors", "base-uri"]) expect(rules.get(rule)).toBe("'none'")
        for (const rule of ["img-src", "media-src", "style-src", "form-action"]) expect(rules.get(rule)).toBe("'self'")
        expect(rules.has("script-src")).toBe(false)
        expect(response.headers.get("x-content-type-options")).toBe("nosniff")
        expect(response.headers.get("cache-control")).toBe("no-store")
        expect(await response.text()).not.toMatch(/<script|<style|\son\w+=|\sstyle=|javascript:/i)
      }
    },
  )

  async function fetchAlone(address: string): Promise<Response> {
    const { site } = await inhabited()
    return site.server.fetch(new Request(origin + address))
  }
})
