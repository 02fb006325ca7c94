"""What a server keeps of a run besides its artifacts, as `wandb.init` and `wandb.Api` see it."""
import json
import math
import os

import wandb
from wire_files import write

PLACE = "birds/aerie"


def runs(report, folder):
    report.step(tags, report)
    report.step(metadata, report, folder)
    report.step(config, report)
    report.step(edit, report)
    report.step(lacking, report, folder)


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


def metadata(report, folder):
    """Numbers that JavaScript has no room for, and keys that it puts into another order."""
    with begin(id="exact") as run:
        artifact = wandb.Artifact("exact", "dataset", metadata=EXACT)
        artifact.add_file(write(os.path.join(folder, "exact.txt"), "exact\n"))
        same_json(report, run.log_artifact(artifact).wait(60).metadata, EXACT, "metadata, logged")
    found = wandb.Api().artifact(f"{PLACE}/exact:v0")
    same_json(report, found.metadata, EXACT, "metadata, read")
    found.description = "Still exact."
    found.aliases.append("kept")
    found.save()
    found.metadata["more"] = 2**53 + 1
    found.save()
    again = wandb.Api().artifact(f"{PLACE}/exact:kept")
    same_json(report, again.metadata, {**EXACT, "more": 2**53 + 1}, "metadata, changed")


def config(report):
    """wandb-core writes 1.0 as 1, and all else as it is."""
    ns = EXACT["ns"]
    with begin(id="config", config={"ns": ns, "nan": math.nan, "nested": {"list": [1, 2]}}) as run:
        run.config.update({"late": [math.inf, -math.inf]})
    found = wandb.Api().run(f"{PLACE}/config")
    expected = {"late": ["Infinity", "-Infinity"], "nan": None, "nested": {"list": [1, 2]}, "ns": ns}
    report.same(dict(found.config), expected, "a config")
    found.config["one"] = 1.0
    found.update()
    found = wandb.Api().run(f"{PLACE}/config")
    same_json(report, [found.config["one"], found.config["ns"]], [1.0, ns], "a config, changed")
    with begin(id="config", resume="must") as run:
        report.same(run.config["ns"], ns, "a config, resumed")
    for filters in ({"config.nested.list": [1, 2]}, {"config.nan": None, "config.ns.value": {"$gt": 1}}):
        report.same([run.id for run in wandb.Api().runs(PLACE, filters=filters, order="-config.ns")][:1], ["config"], f"runs with {filters}")


def edit(report):
    with begin(id="edited", notes="n") as run:
        run.log({"acc": 0.5})
    found = wandb.Api().run(f"{PLACE}/edited")
    found.description = "D"
    found.name = "renamed"
    found.tags.append("late")
    found.update()
    found.summary["z"] = 1.0
    found.summary.update()
    again = wandb.Api().run(f"{PLACE}/edited")
    report.same((again.state, again.name, again.description, again.notes), ("finished", "renamed", "D", "n"), "a run, edited")
    report.same((again.tags, again.summary.get("z")), (["late"], 1.0), "its tags and summary")
    again.save()
    report.same(wandb.Api().run(f"{PLACE}/edited").state, "finished", "a run, saved")


def lacking(report, folder):
    """What is not kept is said not to be there, or refused in words."""
    with begin(id="bare") as run:
        run.save(write(os.path.join(folder, "saved.txt"), "saved\n"), base_path=folder)
        run.log({"acc": 0.5})
    found = wandb.Api().run(f"{PLACE}/bare")
    report.same((list(found.files()), len(found.files())), ([], 0), "files of a run")
    report.same(wandb.restore("saved.txt", run_path=f"{PLACE}/bare", root=folder, replace=True), None, "a file of a run, restored")
    report.refuses(found.history, wandb.errors.CommError, "the history of a run", "keeps no history of runs")
    report.refuses(lambda: wandb.Api().project("aerie").sweeps()[0], Exception, "sweeps", "has no sweeps")


def same_json(report, found, expected, what):
    """Equal as text: Python takes 1 and 1.0 for the same."""
    report.same(json.dumps(found), json.dumps(expected), what)
