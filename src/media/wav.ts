import { InvalidArgumentError } from "../errors.ts"

export type Channel = Float32Array | Float64Array | Int16Array | readonly number[]
/** One channel, or several of the same length. */
export type Samples = Channel | readonly Channel[]

const HEADER = 44

/** Samples as a WAV file of 16 bits, which is what Python's soundfile makes of them: -1 to 1 is the whole range, and what is beyond is cut. */
export function writeWav(samples: Samples, sampleRate: number): Uint8Array {
  const channels = isOne(samples) ? [samples] : samples
  const length = channels[0]?.length ?? 0
  if (channels.length === 0 || channels.length > 1024 || channels.some((channel) => channel.length !== length)) {
    throw new InvalidArgumentError("source", "Sound needs from 1 to 1024 channels of the same number of samples")
  }
  if (!Number.isSafeInteger(sampleRate) || sampleRate <= 0)
    throw new InvalidArgumentError("sampleRate", "sampleRate must be a whole number of hertz")
  const bytes = length * channels.length * 2
  const file = new Uint8Array(HEADER + bytes)
  const view = new DataView(file.buffer)
  const text = (at: number, word: string) => file.set(new TextEncoder().encode(word), at)
  text(0, "RIFF")
  view.setUint32(4, HEADER - 8 + bytes, true)
  text(8, "WAVEfmt ")
  view.setUint32(16, 16, true)
  view.setUint16(20, 1, true)
  view.setUint16(22, channels.length, true)
  view.setUint32(24, sampleRate, true)
  view.setUint32(28, sampleRate * channels.length * 2, true)
  view.setUint16(32, channels.length * 2, true)
  view.setUint16(34, 16, true)
  text(36, "data")
  view.setUint32(40, bytes, true)
  let at = HEADER
  const converters = channels.map(converterOf)
  for (let frame = 0; frame < length; frame++) {
    channels.forEach((channel, number) => {
      view.setInt16(at, converters[number]!(channel[frame]!), true)
      at += 2
    })
  }
  return file
}

const FULL = 0x7fffffff

function converterOf(channel: Channel): (sample: number) => number {
  if (channel instanceof Int16Array) return (sample) => sample
  // Floats of 32 bits are scaled as such, and that is the next one they have.
  if (channel instanceof Float32Array) return (sample) => upperHalf(Math.fround(sample * 0x80000000))
  return (sample) => upperHalf(sample * FULL)
}

/** Samples go by way of 32 bits, of which the upper half stays. */
function upperHalf(scaled: number): number {
  if (scaled >= FULL) return 0x7fff
  if (scaled <= -0x80000000) return -0x8000
  return roundHalfEven(scaled) >> 16
}

function roundHalfEven(value: number): number {
  const rounded = Math.round(value)
  return Math.abs(value % 1) === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded
}

const isOne = (samples: Samples): samples is Channel =>
  ArrayBuffer.isView(samples) || typeof (samples as readonly unknown[])[0] === "number"
