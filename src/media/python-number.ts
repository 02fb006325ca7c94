/** A number that Python writes as a float also where it is whole: `new PyFloat(1)` is `1.0`. */
export class PyFloat {
  readonly value: number

  constructor(value: number) {
    this.value = value
  }
}

/** A finite number as Python writes it: a whole one that is safe as an `int`, any other as a `float`. */
export function pythonNumber(value: number): string {
  return Number.isSafeInteger(value) && !Object.is(value, -0) ? String(value) : pythonFloat(value)
}

/** `float.__repr__`: the shortest digits that lead back, exponents of two digits below -4 and from 16 on. */
export function pythonFloat(value: number): string {
  if (value === 0) return Object.is(value, -0) ? "-0.0" : "0.0"
  const [, sign = "", first = "", rest = "", power = ""] = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(value.toExponential())!
  const digits = first + rest
  const exponent = Number(power)
  if (exponent < -4 || exponent >= 16) {
    const text = String(Math.abs(exponent)).padStart(2, "0")
    return `${sign}${first}${rest && `.${rest}`}e${exponent < 0 ? "-" : "+"}${text}`
  }
  if (exponent < 0) return `${sign}0.${"0".repeat(-exponent - 1)}${digits}`
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, "0")
  return `${sign}${whole}.${digits.slice(exponent + 1) || "0"}`
}
