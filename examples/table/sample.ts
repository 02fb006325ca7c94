/** What there is to see on a first visit: pictures drawn here, logged as a page of yours would log its own. */
import { Artifact, init } from "isofact"
import { Audio, type Box, Image, Table } from "isofact/media"

export const PROJECT = "tables"
const [WIDTH, HEIGHT] = [320, 200]
const classes = [
  { id: 0, name: "sky" },
  { id: 1, name: "hill" },
  { id: 2, name: "swift" },
  { id: 3, name: "sun" },
]

export async function logSample(): Promise<void> {
  const table = new Table({ columns: ["id", "photo", "swifts", "evening", "song", "weather"] })
  for (let id = 1; id <= 30; id++) {
    const { photo, swifts } = drawPhoto(id)
    const song = id % 3 === 0 ? null : new Audio(sing(id), { sampleRate: 16_000, caption: `Song ${id}` })
    table.addData(id, photo, swifts, id % 2 === 0, song, { wind: (id * 7) % 12, rain: id % 5 === 0 })
  }
  const artifact = new Artifact("garden", "dataset", { description: "A sample of pictures, sounds and what was seen" })
  await artifact.add(table, "sightings")
  await using run = await init({ project: PROJECT })
  await run.logArtifact(artifact)
}

/** The same for the same `id`. */
function drawPhoto(id: number): { readonly photo: Image; readonly swifts: number } {
  const canvas = document.createElement("canvas")
  Object.assign(canvas, { width: WIDTH, height: HEIGHT })
  const context = canvas.getContext("2d", { willReadFrequently: true })!
  const isEvening = id % 2 === 0
  const sky = context.createLinearGradient(0, 0, 0, HEIGHT)
  sky.addColorStop(0, isEvening ? "#35406b" : "#7fb5dd")
  sky.addColorStop(1, isEvening ? "#e9a06a" : "#e4f0f5")
  context.fillStyle = sky
  context.fillRect(0, 0, WIDTH, HEIGHT)

  const sun = { x: 40 + ((id * 53) % 240), y: isEvening ? 110 : 45, radius: 16 }
  context.fillStyle = isEvening ? "#f2683c" : "#fbe38a"
  context.beginPath()
  context.arc(sun.x, sun.y, sun.radius, 0, 2 * Math.PI)
  context.fill()

  const horizon = (x: number) => HEIGHT * 0.7 + 22 * Math.sin(x / 45 + id) + 8 * Math.sin(x / 13 + id * 2)
  context.fillStyle = isEvening ? "#24392f" : "#5d8a53"
  for (let x = 0; x < WIDTH; x++) context.fillRect(x, horizon(x), 1, HEIGHT)
  const mask = Uint8Array.from({ length: WIDTH * HEIGHT }, (_, at) => (Math.floor(at / WIDTH) >= horizon(at % WIDTH) ? 1 : 0))

  const swifts = 1 + ((id * 5) % 4)
  const seen: Box[] = []
  for (let bird = 0; bird < swifts; bird++) {
    const [x, y, span] = [30 + ((id * 71 + bird * 83) % 250), 20 + ((id * 31 + bird * 37) % 70), 10 + ((id + bird * 3) % 8)]
    context.strokeStyle = "#1b1d22"
    context.lineWidth = 2.5
    context.beginPath()
    context.moveTo(x - span, y - span / 3)
    context.quadraticCurveTo(x - span / 3, y - span / 2, x, y)
    context.quadraticCurveTo(x + span / 3, y - span / 2, x + span, y - span / 3)
    context.stroke()
    const position = { middle: [x, y - span / 6] as const, width: 2 * span + 6, height: span + 6 }
    seen.push({ position, domain: "pixel", classId: 2, scores: { sure: Math.round(99 - ((id * 17 + bird * 29) % 45)) / 100 } })
  }
  const light = {
    minX: (sun.x - sun.radius) / WIDTH,
    maxX: (sun.x + sun.radius) / WIDTH,
    minY: (sun.y - sun.radius) / HEIGHT,
    maxY: (sun.y + sun.radius) / HEIGHT,
  }
  const photo = new Image(canvas, {
    caption: `Garden, day ${id}`,
    classes,
    boxes: { birds: { boxData: seen, classLabels: { 2: "swift" } }, light: { boxData: [{ position: light, classId: 3 }] } },
    masks: { ground: { maskData: { data: mask, width: WIDTH, height: HEIGHT }, classLabels: { 0: "sky", 1: "hill" } } },
  })
  return { photo, swifts }
}

/** Half a second of chirps. */
function sing(id: number): Float32Array {
  const at = (time: number) => Math.sin(2 * Math.PI * (1800 + id * 40 + 900 * Math.sin(time * 25)) * time)
  return Float32Array.from({ length: 8000 }, (_, index) => 0.3 * at(index / 16_000) * Math.abs(Math.sin(index / 900)))
}
