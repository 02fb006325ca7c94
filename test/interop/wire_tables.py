"""Tables of every type, logged by Python for isofact to read, and isofact's read by Python."""
import datetime
import json
import math
import os

import numpy
import wandb

DAY = datetime.datetime(2024, 1, 2, 3, 4, 5, 678000, tzinfo=datetime.timezone.utc)


def plain():
    """What isofact writes from the same values, byte for byte: tables.ts has them too."""
    rows = [[1, 2.5, "ä☃😀\n\"'\\", True, DAY, [1, 2], {"b": 1, "a": ["x", None]}], [None] * 7]
    return {
        "kinds": wandb.Table(columns=["int", "float", "text", "bool", "date", "list", "object"], data=rows),
        "numbers": wandb.Table(columns=["n"], data=[[x] for x in (0, -1, 1e300, 1e-7, 123456789012345680, 2**60, 0.1, 1e16, -0.0, 1.5e-5)]),
        "infinite": wandb.Table(columns=["n"], data=[[math.inf], [-math.inf], [math.nan]]),
        "typed": wandb.Table(columns=["n", "t"], data=[[1, "a"]], dtype=[int, str], optional=[False, True]),
        "mixed": wandb.Table(columns=["x"], data=[[1], ["a"], [None]], allow_mixed_types=True),
        "empty": wandb.Table(columns=[], data=[]),
        "untouched": wandb.Table(columns=["a", "b"], data=[]),
        "embedding": wandb.Table(columns=["v"], data=[[numpy.array([1.5, 2.5])], [numpy.array([3.5, 4.5])]]),
        "inner": wandb.Table(columns=["t"], data=[[wandb.Table(columns=["x"], data=[[1]])]]),
        "incremental": wandb.Table(columns=["a"], data=[[1]], log_mode="INCREMENTAL"),
    }


def related(artifact):
    species = wandb.Table(columns=["id", "name"], data=[["a", "ara"], ["b", "bee-eater"]])
    species.set_pk("id")
    seen = wandb.Table(columns=["who"], data=[["a"], ["b"]])
    seen.set_fk("who", species, "id")
    rows = wandb.Table(columns=["row"], data=[[index] for index, _ in species.iterrows()])
    arrays = wandb.Table(columns=["m"], data=[[numpy.arange(4, dtype="float32").reshape(2, 2) + row] for row in range(3)])
    for name, table in {"species": species, "seen": seen, "rows": rows, "arrays": arrays}.items():
        artifact.add(table, name)
    for part in range(2):
        artifact.add(wandb.Table(columns=["n"], data=[[part]]), f"parts/{part}")
    artifact.add(wandb.data_types.PartitionedTable("parts"), "all")
    pixels = numpy.arange(12, dtype="uint8").reshape(2, 2, 3)
    boxes = {"seen": {"box_data": [{"position": {"minX": 0, "maxX": 1, "minY": 0, "maxY": 1}, "class_id": 1}], "class_labels": {1: "ara"}}}
    masks = {"seen": {"mask_data": numpy.ones((2, 2), dtype="uint8"), "class_labels": {1: "ara"}}}
    image = wandb.Image(pixels, caption="an ara", boxes=boxes, masks=masks)
    artifact.add(image, "image")
    artifact.add(wandb.Table(columns=["id", "photo"], data=[[1, image], [2, None]]), "photos")
    artifact.add(wandb.JoinedTable("species.table.json", "seen.table.json", ["id", "who"]), "joined")


def log(report, folder):
    with wandb.init(id="tables-python") as run:
        artifact = wandb.Artifact("tables-python", "dataset")
        entries = {name: artifact.add(table, name) for name, table in plain().items()}
        related(artifact)
        run.log_artifact(artifact).wait(60)
    report.facts["plain"] = {name: [entry.size, entry.digest] for name, entry in entries.items()}


def read(report, folder):
    artifact = wandb.Api().artifact("birds/garden/tables-isofact:latest")
    for name, expected in plain().items():
        if name in ("infinite", "incremental"):
            continue
        report.step(same_table, report, artifact, name, expected)
    seen = artifact.get("seen")
    report.same([list(row) for row in seen.data], [["a", 0], ["b", 1]], "keys and indexes")
    report.same(seen.data[1][0]._table.columns, ["id", "name"], "what a key leads to")
    report.same(seen.data[0][1].get_row()["name"], "ara", "what an index leads to")
    arrays = artifact.get("arrays").get_column("m", convert_to="numpy")
    report.same([arrays.dtype.name, arrays.tolist()], ["float32", [[[0, 1], [2, 3]], [[1, 2], [3, 4]]]], "arrays")
    lists = artifact.get("lists")
    report.same(lists.data, json.loads(os.environ["INTEROP_LISTS"]), "lists that Python writes and cannot read")
    report.same([row for _, row in artifact.get("all").iterrows()], [[0], [1]], "parts")
    joined = artifact.get("joined")
    report.same([joined._table1.columns, joined._join_key], [["id", "name"], ["id", "who"]], "joined")


def again(report, folder):
    """What isofact made of Python's photos."""
    artifact = wandb.Api().artifact("birds/garden/tables-again:latest")
    table = artifact.get("photos")
    report.same([row[0] for row in table.data], [1, 2, 3], "the rows of photos")
    for row in (0, 2):
        photo = table.data[row][1]
        report.same(numpy.asarray(photo.image).tolist(), numpy.arange(12).reshape(2, 2, 3).tolist(), "the pixels of a photo")
        report.same([photo._caption, photo._boxes["seen"]._val[0]["class_id"]], ["an ara", 1], "what a photo says")
        report.check(photo._masks["seen"] is not None, "the mask of a photo")
    report.same(artifact.get("image")._caption, "an ara", "the image itself")


def random(report, folder):
    """The types of random columns, and random tables of isofact's, row by row."""
    with open(os.path.join(folder, "columns.json"), encoding="utf-8") as file:
        report.facts["types"] = [type_of(values) for values in json.load(file)]
    artifact = wandb.Api().artifact("birds/garden/tables-random:latest")
    with open(os.path.join(folder, "tables.json"), encoding="utf-8") as file:
        for name, rows in json.load(file).items():
            report.step(lambda: report.same(artifact.get(name).data, rows, f"random table {name}"))


def type_of(values):
    try:
        table = wandb.Table(columns=["x"], data=[[value] for value in values])
    except TypeError:
        return None
    return table._column_types.params["type_map"]["x"].to_json()


def same_table(report, artifact, name, expected):
    found = artifact.get(name)
    if name == "inner":
        found, expected = found.data[0][0], expected.data[0][0]
    report.same(found.columns, expected.columns, f"{name}: columns")
    lists = [[cell.tolist() if isinstance(cell, numpy.ndarray) else cell for cell in row] for row in expected.data]
    report.same(found.data, lists, f"{name}: rows")
    if name != "embedding":
        report.same(found._column_types.to_json(), expected._column_types.to_json(), f"{name}: types")
