import { InvalidArgumentError } from "../errors.ts"
import type { MediaSource } from "../ports.ts"
import { type MediaFile, type MediaInput, requireExtension, storedFile, userFile } from "./file.ts"
import { FileMedia } from "./file-media.ts"
import { captionOf, mediaObject } from "./json-shape.ts"
import { pythonObjectType } from "./types/infer.ts"
import type { ColumnType } from "./types/type.ts"

const formats = ["pdb", "pqr", "mmcif", "mcif", "cif", "sdf", "sd", "gro", "mol2", "mmtf"]

export interface MoleculeOptions {
  readonly caption?: string | undefined
  /** What a source without a name is: `"pdb"`, `"pqr"`, `"mmcif"`, `"mcif"`, `"cif"`, `"sdf"`, `"sd"`, `"gro"`, `"mol2"`, `"mmtf"`. */
  readonly fileType?: string | undefined
}

/** A molecule, as a file of one of the types that W&B draws. */
export class Molecule extends FileMedia {
  static readonly dtype: ColumnType = /* @__PURE__ */ pythonObjectType("Molecule")
  readonly logType = "molecule-file"
  protected readonly folder = "media/molecule"

  constructor(source: MediaInput, { caption, fileType }: MoleculeOptions = {}, stored?: MediaFile) {
    super(stored ?? fileOf(source, fileType), caption)
  }

  static async read(json: unknown, source: MediaSource): Promise<Molecule> {
    const object = mediaObject(json, "molecule-file")
    return new Molecule("", { caption: captionOf(object) }, storedFile(source, object, "molecule-file"))
  }

  /** W&B has no type of its own for it. */
  override columnType(): ColumnType {
    return Molecule.dtype
  }
}

function fileOf(source: MediaInput, fileType: string | undefined): MediaFile {
  const file = userFile(source, () => `.${fileType}`)
  if (file.name !== undefined) requireExtension("source", file.name, formats)
  else if (!formats.includes(fileType!))
    throw new InvalidArgumentError("fileType", `A molecule without a name needs options.fileType, one of ${formats.join(", ")}`)
  return file
}
