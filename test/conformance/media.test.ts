/** spec/media.md: objects of every class, the bytes of their files as Python writes them, and what is read back. */
import { decode } from "fast-png"
import { Artifact, type MediaObject } from "isofact"
import { describe, expect, test } from "vitest"
import * as media from "../../src/media/index.ts"
import golden from "../fixtures/golden-media.json" with { type: "json" }
import { fresh, refusal } from "./fresh.ts"
import { givenFiles, MADE, mediaObjects, ofPixels } from "./media-objects.ts"

const { Audio, Bokeh, BoundingBoxes2D, Classes, FileMedia, Html, Image, ImageMask, Molecule, NdArray, Object3D, Table, Video } =
  media
const files = givenFiles()
const given = (name: string) => new File([files.get(name)!], name)
const bird = () => new Blob([files.get("bird.png")!])

const logged = async (objects: Readonly<Record<string, MediaObject>>) => {
  const draft = new Artifact("birds", "dataset")
  for (const [name, object] of Object.entries(objects)) await draft.add(object, name)
  return (await fresh().start()).logArtifact(draft)
}

const loggedText = async (texts: Readonly<Record<string, string>>) => {
  const draft = new Artifact("birds", "dataset")
  for (const [name, text] of Object.entries(texts)) await draft.addFile(new Blob([text]), { name })
  return (await fresh().start()).logArtifact(draft)
}

const readBack = async <T extends MediaObject>(object: T): Promise<T> => (await (await logged({ it: object })).get("it")) as T

/** Its entry's JSON. */
const jsonOf = async (object: MediaObject): Promise<Record<string, unknown>> => {
  const artifact = await logged({ it: object })
  return JSON.parse(await artifact.getEntry(`it.${object.logType}.json`).text())
}

test("objects of every class and option are the files that Python makes", async () => {
  const draft = new Artifact("birds", "dataset")
  for (const [name, object] of Object.entries(mediaObjects(media, given))) await draft.add(object, name)
  const isOfPixels = (path: string) => MADE.test(path) || ofPixels.some((name) => path.startsWith(`${name}.`))
  const made = [...draft.manifest.entries.values()].filter(({ path }) => !isOfPixels(path))
  expect(Object.fromEntries(made.map(({ path, size, digest }) => [path, [size, digest]]))).toEqual(golden)
})

describe("what was written is read", () => {
  test("every class, with its file", async () => {
    const objects = mediaObjects(media, given)
    const artifact = await logged(objects)
    for (const [name, object] of Object.entries(objects)) {
      const found = await artifact.get(name)
      expect(found?.constructor, name).toBe(object.constructor)
      if (!(found instanceof FileMedia && object instanceof FileMedia)) continue
      expect(await found.bytes(), name).toEqual(await object.bytes())
      expect(found.caption, name).toBe(object.caption)
    }
  })

  test("files are blobs of their types", async () => {
    const objects = {
      file: new Image(given("BIRD.PNG")),
      made: new Image({ width: 1, height: 1, data: Uint8Array.of(7) }),
      page: new Html("<p>a page</p>"),
      told: new Video(new Blob([files.get("film.mp4")!], { type: "video/webm" })),
      other: new Molecule(given("ligand.pdb")),
    }
    const types = { file: "image/png", made: "image/png", page: "text/html; charset=utf-8", other: "application/octet-stream" }
    const artifact = await logged(objects)
    for (const [name, type] of Object.entries({ ...types, told: "video/webm" })) {
      expect((await objects[name as keyof typeof objects].blob()).type, name).toBe(type)
      expect((await ((await artifact.get(name)) as media.FileMedia).blob()).type, name).toBe(type)
    }
  })

  test("an image with boxes, masks and classes", async () => {
    const maskData = { width: 2, height: 1, data: Uint8Array.of(0, 3) }
    const boxData = [{ position: { minX: 0, maxX: 0.5, minY: 0, maxY: 1 }, classId: 1, boxCaption: "wren", scores: { sure: 0.5 } }]
    const image = new Image(bird(), {
      caption: "two",
      grouping: 3,
      boxes: { seen: { boxData, classLabels: { 1: "wren" } } },
      masks: { of: { maskData, classLabels: { 0: "air", 3: "twig" } } },
    })
    expect([image.width, image.format]).toEqual([undefined, undefined])
    const artifact = await logged({ image })
    expect([image.width, image.height]).toEqual([3, 2])
    const found = (await artifact.get("image")) as media.Image
    expect([found.width, found.height, found.format, found.caption, found.grouping]).toEqual([3, 2, "png", "two", 3])
    expect(found.boxes.get("seen")?.boxes).toEqual(boxData)
    expect(found.classes?.classSet).toEqual([
      { id: 1, name: "wren" },
      { id: 0, name: "air" },
      { id: 3, name: "twig" },
    ])
    const { data, channels } = decode(await found.masks.get("of")!.bytes())
    expect([[...data], channels]).toEqual([[0, 3], 1])
  })

  test("an image within an image's table becomes a reference to where it was read", async () => {
    const { start } = fresh()
    const first = new Artifact("first", "dataset")
    const maskData = { width: 2, height: 1, data: Uint8Array.of(0, 3) }
    await first.add(new Image(bird(), { masks: { of: { maskData } } }), "image")
    const image = (await (await (await start()).logArtifact(first)).get("image")) as media.Image
    const second = new Artifact("second", "dataset")
    await second.add(new Table({ columns: ["photo"], data: [[image]] }), "photos")
    const moved = await (await start()).logArtifact(second)
    const references = [...moved.manifest.entries.values()].filter(({ ref }) => ref !== undefined)
    expect(references.map(({ path }) => path.replace(/[0-9a-f]{20}/, "…")).sort()).toEqual([
      "media/images/mask/….mask.png",
      "media/images/….png",
    ])
    const [photo] = (await ((await moved.get("photos")) as media.Table).getColumn("photo")) as media.Image[]
    expect(await photo!.bytes()).toEqual(files.get("bird.png"))
    expect([...decode(await photo!.masks.get("of")!.bytes()).data]).toEqual([0, 3])
  })

  test("boxes of no class, as others write them", async () => {
    const position = { minX: 0, maxX: 1, minY: 0, maxY: 1 }
    const json = { _type: "image-file", path: "media/images/x.png", boxes: { seen: [{ position }, { position, class_id: 2 }] } }
    const image = (await (await loggedText({ "x.image-file.json": JSON.stringify(json) })).get("x")) as media.Image
    expect(image.boxes.get("seen")?.boxes).toEqual([{ position }, { position, classId: 2 }])
  })

  test("a document of Bokeh, and JSON that lacks what others have", async () => {
    const document = { doc: { roots: [1, { a: null }] } }
    expect(await (await readBack(new Bokeh(document))).json()).toEqual(document)
    const artifact = await loggedText({
      "a.audio-file.json": '{"path": "a.wav"}',
      "a.wav": "sound",
      "i.image-file.json": '{"_type": "image-file", "path": "a.wav", "size": 5, "boxes": null, "masks": null}',
    })
    expect(await (await ((await artifact.get("a")) as media.Audio).blob()).text()).toBe("sound")
    const image = (await artifact.get("i")) as media.Image
    expect([image.width, image.boxes.size, await (await image.blob()).text()]).toEqual([undefined, 0, "sound"])
  })
})

describe("sources", () => {
  test("a Blob, bytes and a stream without a name are named by their content", async () => {
    const bytes = files.get("bird.png")!
    const sources = {
      blob: bird(),
      bytes,
      view: new DataView(bytes.buffer),
      stream: bird().stream(),
      response: new Response(bird()),
    }
    for (const [name, source] of Object.entries(sources)) {
      const json = await jsonOf(new Image(source))
      expect(json, name).toMatchObject({ format: "png", width: 3, height: 2 })
      expect(json.path, name).toMatch(/^media\/images\/[0-9a-f]{20}\.png$/)
    }
    expect((await jsonOf(new Video(new Blob(["film"], { type: "video/webm;codecs=vp9" })))).path).toMatch(/\.webm$/)
    expect((await jsonOf(new Video(new Blob(["film"]), { format: "ogg", width: 4, height: 3 }))).width).toBe(4)
    expect((await jsonOf(new Molecule(new Blob(["C"]), { fileType: "sdf" }))).path).toMatch(/^media\/molecule\/[0-9a-f]{20}\.sdf$/)
    expect((await jsonOf(new Html(new Blob(["<p>"])))).path).toMatch(/^media\/html\/[0-9a-f]{20}\.html$/)
  })

  test("a file of any size has the SHA-256 that the platform finds", async () => {
    const large = new Uint8Array(5 * 1024 * 1024 + 7).map((_, at) => at * 31)
    const found = await jsonOf(new Audio(new File([large], "long.wav")))
    const sha256 = new Uint8Array(await crypto.subtle.digest("SHA-256", large))
    expect(found.sha256).toBe(Array.from(sha256, (byte) => byte.toString(16).padStart(2, "0")).join(""))
    expect(found.path).toBe(`media/audio/${(found.sha256 as string).slice(0, 20)}/long.wav`)
  })

  test("pixels of every shape are the same pixels in the file", async () => {
    const rgba = { width: 2, height: 1, data: Uint8ClampedArray.of(1, 2, 3, 4, 5, 6, 7, 8) }
    expect(decode(await new Image(rgba).bytes())).toMatchObject({
      width: 2,
      height: 1,
      channels: 4,
      data: Uint8Array.from(rgba.data),
    })
    const rgb = new NdArray(Int16Array.of(1, 2, 3, 256, 257, 258), [1, 2, 3])
    expect([...decode(await new Image(rgb).bytes()).data]).toEqual([1, 2, 3, 0, 1, 2])
    const grey = new NdArray(Float32Array.of(1.9, 2.9), [2, 1, 1])
    expect(decode(await new Image(grey).bytes())).toMatchObject({ width: 1, height: 2, channels: 1, data: Uint8Array.of(1, 2) })
  })

  test("a picture shows what its source showed when it was made", async () => {
    const pixels = { width: 1, height: 1, data: Uint8Array.of(1, 2, 3) }
    const image = new Image(pixels)
    pixels.data.fill(9)
    expect([...decode(await image.bytes()).data]).toEqual([1, 2, 3])
  })

  test("BMP, from the bottom and blue first", async () => {
    const pixels = { width: 1, height: 2, data: Uint8Array.of(1, 2, 3, 4, 5, 6) }
    const image = new Image(pixels, { fileType: "bmp" })
    const bytes = await image.bytes()
    expect([...bytes.subarray(54)]).toEqual([6, 5, 4, 0, 3, 2, 1, 0])
    expect(await jsonOf(image)).toMatchObject({ format: "bmp", width: 1, height: 2 })
    expect((await readBack(new Image(new Blob([bytes as Uint8Array<ArrayBuffer>])))).height).toBe(2)
  })

  test("an AudioBuffer, and samples of one channel or two", async () => {
    const channels = [Float32Array.of(0, 0.5, -1), Float32Array.of(1, 2, -2)]
    const buffer = { numberOfChannels: 2, sampleRate: 8000, length: 3, getChannelData: (channel: number) => channels[channel]! }
    const bytes = await new Audio(buffer).bytes()
    expect(bytes).toEqual(await new Audio(channels, { sampleRate: 8000 }).bytes())
    const view = new DataView(bytes.buffer, bytes.byteOffset)
    expect(Array.from({ length: 6 }, (_, at) => view.getInt16(44 + at * 2, true))).toEqual([0, 32767, 16384, 32767, -32768, -32768])
    expect([view.getUint16(22, true), view.getUint32(24, true)]).toEqual([2, 8000])
    expect((await new Audio([0, 0.5], { sampleRate: 1 }).bytes()).length).toBe(48)
  })
})

// Deno has the class and nothing to draw with.
const hasCanvas = typeof OffscreenCanvas !== "undefined" && new OffscreenCanvas(1, 1).getContext("2d") !== null
describe.skipIf(!hasCanvas)("pixels of a canvas (skipped where there is none)", () => {
  const drawn = () => {
    const canvas = new OffscreenCanvas(2, 2)
    const context = canvas.getContext("2d")!
    context.fillStyle = "rgb(10, 20, 30)"
    context.fillRect(0, 0, 2, 2)
    return canvas
  }
  const expectDrawn = async (image: media.Image) => {
    const { data, width, height } = decode(await image.bytes())
    expect([[...data.subarray(0, 4)], width, height]).toEqual([[10, 20, 30, 255], 2, 2])
  }

  test("OffscreenCanvas, ImageBitmap, ImageData", async () => {
    const canvas = drawn()
    await expectDrawn(new Image(canvas))
    await expectDrawn(new Image(canvas.getContext("2d")!.getImageData(0, 0, 2, 2)))
    await expectDrawn(new Image(await createImageBitmap(canvas)))
  })

  test("JPEG", async () => {
    const image = new Image(drawn(), { fileType: "jpg" })
    expect(await jsonOf(image)).toMatchObject({ format: "jpg", width: 2, height: 2 })
    expect([...(await image.bytes()).subarray(0, 3)]).toEqual([0xff, 0xd8, 0xff])
  })
})

test.skipIf(hasCanvas)("without a canvas its users say what to do (skipped where there is one)", async () => {
  const pixels = { width: 1, height: 1, data: Uint8Array.of(1, 2, 3) }
  expect((await refusal("UNSUPPORTED", new Image(pixels, { fileType: "jpg" }).bytes())).message).toContain("png")
  expect((await refusal("UNSUPPORTED", async () => new Image({ width: 1, height: 1 }))).message).toContain("ImageData")
})

describe("what is none is refused", () => {
  const box = { position: { minX: 0, maxX: 1, minY: 0, maxY: 1 }, classId: 1 }
  const boxes = (...boxData: unknown[]) => new BoundingBoxes2D({ boxData } as media.BoxSet)
  test.each<[string, string, () => unknown]>([
    ["classes without names", "classSet", () => new Classes([{ id: 1 }] as unknown as media.Class[])],
    ["classes that are no list", "classSet", () => new Classes({} as unknown as media.Class[])],
    ["a box without a position", "boxData[1]", () => boxes(box, { classId: 1 })],
    ["a box of half a position", "boxData[0]", () => boxes({ position: { minX: 1, maxX: 2 }, classId: 1 })],
    ["a score that is no number", "boxData[0]", () => boxes({ ...box, scores: { sure: "yes" } })],
    ["a class that is no number", "boxData[0]", () => boxes({ ...box, classId: "a" })],
    ["a caption that is no text", "boxData[0]", () => boxes({ ...box, boxCaption: 1 })],
    ["boxes without classes", "classId", () => boxes({ position: box.position })],
    ["labels that are none", "classLabels", () => new BoundingBoxes2D({ boxData: [box], classLabels: { a: "b" } })],
    ["a mask of nothing", "maskData", () => new ImageMask({})],
    ["a mask of fractions", "maskData", () => new ImageMask({ maskData: { width: 1, height: 1, data: Float32Array.of(0.5) } })],
    ["a mask beyond 255", "maskData", () => new ImageMask({ maskData: { width: 1, height: 1, data: Int16Array.of(256) } })],
    ["pixels of five channels", "channels", () => new Image(new NdArray(new Uint8Array(5), [1, 1, 5]))],
    ["pixels of another size", "shape", () => new Image({ width: 2, height: 2, data: new Uint8Array(3), channels: 3 })],
    [
      "a type of picture",
      "fileType",
      () => new Image({ width: 1, height: 1, data: new Uint8Array(1) }, { fileType: "gif" as "png" }),
    ],
    ["layers that are no object", "boxes", () => new Image(bird(), { boxes: [] as unknown as undefined })],
    ["samples without a rate", "sampleRate", () => new Audio([0, 1])],
    ["a film of an unknown type", "format", () => new Video(new File([""], "film.avi"))],
    ["a film of no type", "format", () => new Video(new Blob(["film"]))],
    ["a molecule of an unknown type", "source", () => new Molecule(new File([""], "a.txt"))],
    ["a molecule of no type", "fileType", () => new Molecule(new Blob(["C"]))],
    ["a page of another type", "source", () => new Html(new File([""], "a.txt"))],
    ["points of two numbers", "x, y, z", () => new Object3D([[1, 2]])],
    ["a scene of another type", "lidar/beta", () => new Object3D({ type: "other" as "lidar/beta" })],
    ["a document that is none", "document", () => new Bokeh([] as unknown as Record<string, unknown>)],
  ])("%s", async (_, part, make) => {
    expect((await refusal("INVALID_ARGUMENT", async () => make())).message).toContain(part)
  })

  test("frames and meshes, with another way", async () => {
    expect((await refusal("UNSUPPORTED", async () => new Video([] as unknown as Blob))).message).toContain("MediaRecorder")
    expect((await refusal("UNSUPPORTED", async () => new Object3D(new File([""], "a.stl")))).message).toContain("addFile")
  })

  test("what fails when it is added leaves nothing behind", async () => {
    const draft = new Artifact("birds", "dataset")
    await refusal("INVALID_ARGUMENT", draft.add(new Image(new Blob(["no picture"])), "it"))
    await refusal("INVALID_ARGUMENT", draft.add(new Image(bird(), { masks: { of: { path: bird() } } }), "it"))
    await refusal("INVALID_ARGUMENT", draft.add(new Audio([[0], [0, 1]], { sampleRate: 8 }), "it"))
    expect([...draft.manifest.entries.keys()]).toEqual([])
  })
})

describe("hostile files", () => {
  const kinds = ["image-file", "audio-file", "video-file", "html-file", "molecule-file", "object3D-file", "bokeh-file", "mask"]
  test.each(kinds)("%s", async (kind) => {
    const path = `x.${kind}.json`
    const texts = [
      "[]",
      "null",
      "1",
      "{",
      "",
      "{}",
      '{"path": 1}',
      '{"path": "../x"}',
      '{"path": "/etc/passwd"}',
      '{"path": ""}',
      `{"_type": "other", "path": "${path}"}`,
    ]
    for (const text of texts) {
      const artifact = await loggedText({ [path]: text })
      expect((await refusal("INVALID_ARGUMENT", artifact.get("x"))).message, text).not.toBe("")
    }
    const artifact = await loggedText({ [path]: '{"path": "not/there.png"}' })
    const found = (await artifact.get("x")) as media.FileMedia
    expect((await refusal("ENTRY_NOT_FOUND", found.blob())).message).toContain("not/there.png")
  })

  test.each([
    ["x.classes.json", '{"class_set": [1]}'],
    ["x.classes.json", "[]"],
    ["x.bounding-boxes.json", "{}"],
    ["x.bounding-boxes.json", "[1]"],
    ["x.image-file.json", '{"path": "a", "boxes": {"a": [{"position": {}}]}}'],
    ["x.image-file.json", '{"path": "a", "boxes": {"a": 1}}'],
    ["x.image-file.json", '{"path": "a", "masks": {"a": {"path": "../x"}}}'],
  ])("%s: %s", async (path, text) => {
    await refusal("INVALID_ARGUMENT", (await loggedText({ [path]: text })).get("x"))
  })
})
