/** What media are made of in the tests, and what is made of it. */
import { encode } from "fast-png"
import type { MediaObject } from "isofact"
import type * as Media from "../../src/media/index.ts"

/** A picture that was made of pixels: the encoders of Python and of fast-png pack them into different files. */
export const MADE = /^media\/images\/(mask\/)?[0-9a-f]{20}\.(mask\.)?png$/
/** Objects that name such files. */
export const ofPixels: readonly string[] = ["masked", "grey", "alpha", "floats", "album"]

const samples = Float64Array.from({ length: 2000 }, (_, at) => Math.sin(at * 1.7) * (at % 50 === 0 ? 1.3 : 0.9))

export function givenFiles(): ReadonlyMap<string, Uint8Array<ArrayBuffer>> {
  const text = (content: string) => new TextEncoder().encode(content)
  const bird = { width: 3, height: 2, channels: 3, data: Uint8Array.from({ length: 18 }, (_, at) => at * 14) }
  const mask = { width: 2, height: 3, channels: 1, data: Uint8Array.of(0, 1, 1, 0, 2, 2) }
  return new Map([
    ["bird.png", encode(bird).slice()],
    ["BIRD.PNG", encode({ ...bird, width: 2, height: 3 }).slice()],
    ["mask.png", encode(mask).slice()],
    ["samples.f64", new Uint8Array(samples.buffer)],
    ["voice.wav", text("not truly a voice")],
    ["film.mp4", text("not truly a film")],
    ["LOUD.GIF", text("not truly loud")],
    ["page.html", text("<head></head><p>ä</p>\n")],
    ["ligand.pdb", text("HEADER    LIGAND")],
    ["cloud.pts.json", text("[[1,2,3]]")],
  ])
}

function pixels(channels: number): { width: number; height: number; data: Uint8Array } {
  return { width: 4, height: 3, data: Uint8Array.from({ length: 12 * channels }, (_, at) => at * 5) }
}

/**
 * One object of each class and option, and tables of them; wire_media.py has the same. What stands elsewhere is left out without `far`.
 *
 * @param given the file of a name, as the classes take it
 */
export function mediaObjects(media: typeof Media, given: (name: string) => File | URL, far?: string): Record<string, MediaObject> {
  const { Audio, Classes, Html, Image, Molecule, NdArray, Object3D, Table, Video } = media
  const seen = {
    boxData: [
      {
        position: { minX: 0.1, maxX: 0.5, minY: 0, maxY: 1 },
        classId: 1,
        scores: { sure: 0.25 },
        boxCaption: "ara",
      },
      { position: { middle: [1, 2] as const, width: 2, height: 3 }, classId: 3, domain: "pixel" },
    ],
    classLabels: { 1: "ara", 3: "bee-eater" },
  }
  const guessed = { boxData: [{ position: { minX: 0, maxX: 1, minY: 0, maxY: 1 }, classId: 7 }] }
  const mask = {
    maskData: { width: 4, height: 3, data: Uint8Array.from([0, 1, 2, 2, 0, 1, 2, 2, 0, 1, 2, 2]) },
    classLabels: { 0: "air", 1: "ara", 2: "twig's" },
  }
  const eye = new NdArray(Uint8Array.from([1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0]), [3, 4])
  const bird = new Image(given("bird.png"), {
    caption: "an ära",
    grouping: 2,
    classes: [
      { id: 9, name: "c" },
      { id: 1, name: "b" },
    ],
    boxes: { seen, guessed },
  })
  const over = new Image(given("BIRD.PNG"), {
    caption: "",
    grouping: 0,
    classes: new Classes([{ id: 4, name: "dove" }]),
    masks: { of: { path: given("mask.png"), classLabels: { 1: "ara" } } },
  })
  const masked = new Image(pixels(3), { boxes: { seen: guessed }, masks: { a: mask, b: { maskData: eye } } })
  const sound = new Audio(samples, { sampleRate: 8000, caption: "a song" })
  const film = new Video(given("film.mp4"), { caption: "a film" })
  const page = new Html("<html><head>\n<title>ä</title></head> </html> \n")
  const points = new NdArray(Float64Array.of(0, -0, 1e-5, 1e-6, 1.5e16, 1e15, 0.1, 1e21, 123456.5), [3, 3])
  const cloud = new Object3D(points, { caption: "a cloud" })
  const molecule = new Molecule(given("ligand.pdb"), { caption: "a ligand" })
  const nothing = Array<null>(5).fill(null)
  const album = new Table({
    columns: ["id", "image", "sound", "film", "page", "cloud", "molecule"],
    data: [
      [1, bird, sound, film, page, cloud, molecule],
      [2, masked, ...nothing],
      [3, over, ...nothing],
    ],
  })
  const ids = new Table({ columns: ["class"], data: [[1], [10], [2]] })
  ids.cast("class", new Classes([1, 2, 10].map((id) => ({ id, name: `n${id}` }))))
  const stereo = [0, 1].map((channel) => Float32Array.from({ length: 1000 }, (_, at) => samples[at * 2 + channel]!))
  const scene = {
    type: "lidar/beta" as const,
    points: new NdArray(Float64Array.of(0.5, 1, 2), [1, 3]),
    boxes: [
      {
        corners: [0, 1].flatMap((x) => [0, 1].flatMap((y) => [0, 0.5].map((z) => [x, y, z]))),
        label: "Baum ä",
        color: [255, 0, 0],
      },
    ],
    vectors: [{ start: [0, 0, 0], end: [0.1, 0.2, 0.5] }],
  }
  const floats = new NdArray(
    Float64Array.from(pixels(3).data, (value) => value + 0.75),
    [3, 4, 3],
  )
  return {
    classes: new Classes([
      { id: 0, name: "person" },
      { id: "k", name: 'café\'s "x"' },
    ]),
    bird,
    again: new Image(given("bird.png")),
    over,
    copy: new Image(bird, { caption: "not this" }),
    masked,
    grey: new Image(pixels(1)),
    alpha: new Image(pixels(4), { caption: "glass" }),
    floats: new Image(floats),
    sound,
    stereo: new Audio(stereo, { sampleRate: 44100, caption: "two" }),
    whole: new Audio(
      Int16Array.from(samples, (sample) => sample * 20000),
      { sampleRate: 16000, caption: "16 bits" },
    ),
    voice: new Audio(given("voice.wav"), { caption: "a voice" }),
    film,
    loud: new Video(given("LOUD.GIF")),
    page,
    headless: new Html(" <html><p>no head</p></html>"),
    bare: new Html("<p>Grüße</p>\n"),
    "as-is": new Html("<p>as is</p>\n", { inject: false }),
    "kept-page": new Html(given("page.html"), { inject: false }),
    "own-page": new Html(given("page.html")),
    molecule,
    cloud,
    "whole-cloud": new Object3D([
      [1, 2, 3, 4],
      [5, 6, 7, 14],
    ]),
    "small-cloud": new Object3D(new NdArray(Float32Array.of(0.1, 2, 3, 4, 5, 255), [1, 6])),
    scene: new Object3D(scene),
    "kept-cloud": new Object3D(given("cloud.pts.json")),
    album,
    ids,
    ...(far !== undefined && {
      far: new Image(`${far}/puppy.png?size=2`, { caption: "a puppy" }),
      farther: new Audio(`${far}/song.wav`, { caption: "a song" }),
    }),
  }
}
