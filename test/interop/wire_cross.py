"""The same files logged by Python and by isofact: each reads the other's, and finds its own content in them."""
import json
import os

import wandb
from wire_files import write
from wire_report import facts_of, read_tree


def make(name, folder):
    """What wire-program.ts makes too: the common files and some of its own."""
    artifact = wandb.Artifact(name, "dataset", description="Both ways.", metadata={"words": "ünï ☃", "pi": 3.25, "none": None})
    artifact.add_dir(os.environ["INTEROP_FILES"])
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
    found = read_tree(root)
    report.same(sorted(found), sorted(expected), f"{name}: downloaded files")
    report.check(found == expected, f"{name}: downloaded bytes")
    report.same(artifact.logged_by().id, name, f"{name}: logged by")
    report.facts[name] = facts_of(artifact)
