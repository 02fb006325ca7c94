import { Artifact } from "isofact"
import { h, setText } from "./dom.ts"
import { explain, type Problem } from "./problems.ts"
import type { Details } from "./session.ts"

type FieldName = NonNullable<Problem["field"]>

export interface LogForm {
  readonly element: HTMLFormElement
  show(problem: Problem): void
}

interface Field {
  readonly row: HTMLElement
  readonly control: HTMLInputElement | HTMLTextAreaElement
  readonly complaint: HTMLElement
}

/** Asks what the artifact is called. `onSubmit` gets only what isofact takes. */
export function createLogForm(given: Details, onSubmit: (details: Details) => void, onCancel: () => void): LogForm {
  const fields: Record<FieldName, Field> = {
    name: createField("name", "Name", "Log under the same name again to make the next version.", input(given.name)),
    type: createField(
      "type",
      "Type",
      "",
      h("input", { value: given.type, list: "types", autocomplete: "off", spellcheck: "false" }),
    ),
    description: createField("description", "Description", "", h("textarea", { rows: 2 }, given.description)),
    aliases: createField("aliases", "Aliases", "Nicknames such as best, separated by commas.", input(given.aliases.join(", "))),
  }
  const read = (): Details => ({
    name: fields.name.control.value.trim(),
    type: fields.type.control.value.trim(),
    description: fields.description.control.value.trim(),
    aliases: fields.aliases.control.value
      .split(",")
      .map((alias) => alias.trim())
      .filter((alias) => alias !== ""),
  })
  const complain = (name: FieldName, text: string) => {
    const { control, complaint } = fields[name]
    setText(complaint, text)
    control.setAttribute("aria-invalid", String(text !== ""))
  }
  const show = ({ field = "name", advice }: Problem) => {
    complain(field, advice)
    fields[field].control.focus()
  }
  const submit = (event: Event) => {
    event.preventDefault()
    for (const name of Object.keys(fields) as FieldName[]) complain(name, "")
    const details = read()
    const problem = check(details)
    if (problem === undefined) onSubmit(details)
    else show(problem)
  }
  const optional = h("details", { class: "more" }, h("summary", {}, "Description and aliases"))
  optional.open = given.description !== "" || given.aliases.length > 0
  optional.append(fields.description.row, fields.aliases.row)
  const element = h(
    "form",
    { class: "log-form", novalidate: true, onsubmit: submit },
    fields.name.row,
    fields.type.row,
    optional,
    h("datalist", { id: "types" }, ...["dataset", "labels", "model"].map((value) => h("option", { value }))),
    h(
      "div",
      { class: "actions" },
      h("button", { class: "primary", type: "submit" }, "Log this folder"),
      h("button", { type: "button", onclick: onCancel }, "Choose another"),
    ),
  )
  return { element, show }
}

/** A name that isofact takes, made of a folder's. */
export function suggestName(folderName: string): string {
  const name = folderName.normalize("NFC").trim()
  return name.replace(/[^\p{L}\p{N}_.-]+/gu, "-").replace(/^[-.]+|[-.]+$/g, "") || "pictures"
}

/** Name and type are checked by making an artifact. Aliases are only checked when it is logged, which is late: every file is read by then. */
function check({ name, type, description, aliases }: Details): Problem | undefined {
  if (name === "") return { title: "", field: "name", advice: "Give it a name, such as birds." }
  if (type === "") return { title: "", field: "type", advice: "Say what it is, such as dataset." }
  const wrong = aliases.find((alias) => /[/:]|^v\d+$/.test(alias) || alias.length > 128)
  if (wrong !== undefined) {
    const advice = `“${wrong}” cannot be an alias: leave out / and :, and choose other words than v1, v2, …, which are versions.`
    return { title: "", field: "aliases", advice }
  }
  try {
    new Artifact(name, type, { description: description || null })
    return undefined
  } catch (error) {
    return explain(error)
  }
}

const input = (value: string) => h("input", { value, autocomplete: "off", spellcheck: "false", autocapitalize: "off" })

function createField(name: FieldName, label: string, hint: string, control: Field["control"]): Field {
  const complaint = h("p", { class: "complaint", id: `${name}-complaint`, role: "alert" })
  control.id = `field-${name}`
  control.setAttribute("aria-describedby", `${name}-hint ${name}-complaint`)
  const row = h(
    "div",
    { class: "field" },
    h("label", { for: control.id }, label),
    control,
    h("p", { class: "hint", id: `${name}-hint` }, hint),
    complaint,
  )
  return { row, control, complaint }
}
