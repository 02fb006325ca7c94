"""The same files logged by Python and by isofact: each reads the other's, and finds its own content in them."""
import datetime
import json
import os

import numpy
import wandb
from wire_files import write
from wire_report import facts_of, read_tree


WHEN = datetime.datetime(2024, 1, 2, 3, 4, 5, 678000, tzinfo=datetime.timezone.utc)


def make_table():
    """What makeTable of wire-program.ts makes."""
    box = {"position": {"minX": 0.1, "maxX": 0.5, "minY": 0, "maxY": 1}, "class_id": 1, "scores": {"sure": 0.25}}
    seen = {"box_data": [box], "class_labels": {1: "ara"}}
    photo = wandb.Image(os.environ["INTEROP_PICTURE"], caption="an ära", boxes={"seen": seen})
    sound = wandb.Audio(numpy.array([0, 0.5, -0.5] * 100), sample_rate=8000, caption="a song")
    rows = [[1, photo, wandb.Html("<p>Grüße</p>"), sound, WHEN], [2, None, None, None, None]]
    return wandb.Table(columns=["id", "photo", "page", "sound", "when"], data=rows)


def make(name, folder):
    """What wire-program.ts makes too: the common files and some of its own."""
    artifact = wandb.Artifact(name, "dataset", description="Both ways.", metadata={"words": "ünï ☃", "pi": 3.25, "none": None})
    artifact.add_dir(os.environ["INTEROP_FILES"])
    artifact.add(make_table(), "things")
    artifact.add_file(write(os.path.join(folder, name, "own.txt"), f"{name}\n" * 100_000), name="own/large.txt")
    artifact.add_file(write(os.path.join(folder, name, "note.txt"), f"by {name}\n"), name="own/note.txt")
    return artifact


def log(report, folder):
    with wandb.init(id="cross-python") as run:
        artifact = run.log_artifact(make("cross-python", folder), aliases=["latest", "of-python"]).wait(60)
    report.facts["cross-python"] = facts_of(artifact)


def read(report, folder):
    api = wandb.Api()
    names = json.loads(os.environ["INTEROP_NAMES"])
    for name in names:
        report.step(read_one, report, folder, api, name)
    with wandb.init(id="cross-again") as run:
        again = [run.log_artifact(make(name, folder)) for name in names]
        report.same([artifact.wait(60).version for artifact in again], ["v0" for _ in names], "the same content, logged by Python")


def read_one(report, folder, api, name):
    artifact = api.artifact(f"birds/garden/{name}:latest")
    root = artifact.download(os.path.join(folder, "got", name))
    artifact.verify(root)
    expected = read_tree(os.environ["INTEROP_FILES"])
    expected |= {"own/large.txt": f"{name}\n".encode() * 100_000, "own/note.txt": f"by {name}\n".encode()}
    found = {path: content for path, content in read_tree(root).items() if not path.startswith(("media/", "things."))}
    report.same(sorted(found), sorted(expected), f"{name}: downloaded files")
    report.check(found == expected, f"{name}: downloaded bytes")
    read_table(report, name, artifact.get("things"))
    report.same(artifact.logged_by().id, name, f"{name}: logged by")
    report.facts[name] = facts_of(artifact)


def read_table(report, name, table):
    (number, photo, page, sound, when), nothing = table.data
    report.same([number, photo._caption, sound._caption, when], [1, "an ära", "a song", WHEN], f"{name}: a row of its table")
    report.same(nothing, [2, None, None, None, None], f"{name}: a row of nothing")
    report.same([box["class_id"] for box in photo._boxes["seen"]._val], [1], f"{name}: boxes in its table")
    report.same(open(photo._path, "rb").read(), open(os.environ["INTEROP_PICTURE"], "rb").read(), f"{name}: a picture in its table")
    report.check("Grüße" in open(page._path, encoding="utf-8").read(), f"{name}: a page in its table")
