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
  const size = Math.abs(value)
  if (size >= 1e-4 && size < 1e16) return Number.isInteger(value) ? `${value}.0` : String(value)
  if (value === 0) return Object.is(value, -0) ? "-0.0" : "0.0"
  return value.toExponential().replace(/e([+-])(\d)$/, "e$10$2")
}
