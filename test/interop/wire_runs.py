"""What a server keeps of a run besides its artifacts, as `wandb.init` and `wandb.Api` see it."""
import json
import os

import wandb
from wire_files import write

PLACE = "birds/aerie"


def runs(report, folder):
    report.step(tags, report)
    report.step(numbers, report, folder)


def begin(**given):
    return wandb.init(project="aerie", settings=wandb.Settings(console="off"), **given)


def tags(report):
    given = ("v1.0", "lr=0.1", "a/b", "exp:a", "C++", "\N{OWL}" * 64)
    with begin(id="tagged", tags=given) as run:
        report.same(run.tags, given, "tags of a run")
    report.same(sorted(wandb.Api().run(f"{PLACE}/tagged").tags), sorted(given), "tags of a run, read")
    found = wandb.Api().runs(PLACE, filters={"tags": {"$in": ["exp:a"]}})
    report.same([run.id for run in found], ["tagged"], "runs with a tag")


EXACT = {"ns": 1795910371339000123, "one": 1.0, "10": [2**64, -0.0], "2": {"tiny": 1e-7}, "text": "1.0 NaN \"Infinity\""}


def numbers(report, folder):
    """Numbers that JavaScript has no room for, and keys that it puts into another order."""
    with begin(id="exact") as run:
        artifact = wandb.Artifact("exact", "dataset", metadata=EXACT)
        artifact.add_file(write(os.path.join(folder, "exact.txt"), "exact\n"))
        report.step(same_json, report, run.log_artifact(artifact).wait(60).metadata, EXACT, "metadata, logged")
    found = wandb.Api().artifact(f"{PLACE}/exact:v0")
    same_json(report, found.metadata, EXACT, "metadata, read")
    found.description = "Still exact."
    found.aliases.append("kept")
    found.save()
    found.metadata["more"] = 2**53 + 1
    found.save()
    again = wandb.Api().artifact(f"{PLACE}/exact:kept")
    same_json(report, again.metadata, {**EXACT, "more": 2**53 + 1}, "metadata, changed")


def same_json(report, found, expected, what):
    """Equal as text: Python takes 1 and 1.0 for the same."""
    report.same(json.dumps(found), json.dumps(expected), what)
