"""What a server keeps of a run besides its artifacts, as `wandb.init` and `wandb.Api` see it."""
import json
import math
import os
import subprocess
import sys
import time

import wandb
from wire_files import write

PLACE = "birds/aerie"


def runs(report, folder):
    report.step(tags, report)
    report.step(metadata, report, folder)
    report.step(config, report)
    report.step(edit, report)
    report.step(find, report, folder)
    report.step(lacking, report, folder)
    report.step(resume, report, folder)
    report.step(killed, report)
    report.step(delete, report, folder)


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
        artifact = file_of(folder, "exact", "exact")
        artifact.metadata = EXACT
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


def find(report, folder):
    for name, acc in (("low", 0.1), ("high", 0.9)):
        with begin(id=name, job_type="race", group="raced") as run:
            run.log({"acc": acc})
            run.log_artifact(file_of(folder, name, name)).wait(60)
    best = wandb.Api().runs(PLACE, filters={"group": "raced"}, order="-summary_metrics.acc")[0]
    report.same([found.name for found in best.logged_artifacts()], ["high:v0"], "what the best run logged")
    for filters, expected in (
        ({"summary_metrics.acc": {"$gt": 0.5}, "job_type": "race"}, ["high"]),
        ({"group": "raced", "duration": {"$gte": 0}, "sweep": None}, ["high", "low"]),
        ({"group": "raced", "username": "birds", "user.username": "birds", "entity": "birds", "project": "aerie"}, ["high", "low"]),
        ({"group": "raced", "heartbeat_at": {"$gt": "2020-01-01"}, "updatedAt": {"$gt": "2020-01-01"}}, ["high", "low"]),
    ):
        found = wandb.Api().runs(PLACE, filters=filters, order="+name")
        report.same([run.id for run in found], expected, f"runs with {filters}")
    report.same(wandb.Api().project("aerie").owner.username, "birds", "a project's owner")
    lost = wandb.Api().create_run(run_id="lost", project="aerie")
    report.same((lost.update_state("failed"), wandb.Api().run(f"{PLACE}/lost").state), (True, "failed"), "a run, set to failed")


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


def resume(report, folder):
    with begin(id="resumed") as run:
        for step in range(5):
            run.log({"acc": step / 10})
        table = wandb.Table(columns=["n"], log_mode="INCREMENTAL")
        for row in range(2):
            table.add_data(row)
            run.log({"rows": table})
        run.summary["best"] = 0.5
        first = run.log_artifact(file_of(folder, "one", "stepped")).wait(60)
        report.same((first.history_step, run.step), (6, 7), "the step of a version")
    found = wandb.Api().run(f"{PLACE}/resumed")
    report.same((found.summary.get("best"), found.summary.get("acc")), (0.5, 0.4), "a summary, read")
    with begin(id="resumed", resume="must") as run:
        report.same((run.resumed, run.starting_step, run.summary.get("best")), (True, 7, 0.5), "a run, resumed")
        run.log({"acc": 0.9})
        report.same(run.step, 8, "its step")
        second = run.log_artifact(file_of(folder, "two", "stepped")).wait(60)
        report.same(second.history_step, 7, "the step of a version of a resumed run")
        table = wandb.Table(columns=["n"], log_mode="INCREMENTAL")
        table.add_data(2)
        run.log({"rows": table})
    last = wandb.Api().artifact(f"{PLACE}/run-resumed-incr-rows:latest")
    parts = sorted(name.split("-")[0] for name in last.manifest.entries)
    report.same(parts, ["1", "2", "None"], "an incremental table, gone on with")


def killed(report):
    """Whatever a process that was killed has sent is there to go on from."""
    script = f"import os, wire_runs as w; r = w.begin(id='killed'); r.log({{'a': 1}}); r.log({{'a': 2}}); w.wait_for('killed', 2); os._exit(9)"
    # With a wandb-core of its own, which goes when it does.
    env = {name: value for name, value in os.environ.items() if name != "WANDB_SERVICE"}
    ended = subprocess.run([sys.executable, "-B", "-c", script], cwd=os.path.dirname(__file__), env=env)
    report.same((ended.returncode, wandb.Api().run(f"{PLACE}/killed").state), (9, "running"), "a run that was killed")
    with begin(id="killed", resume="allow") as run:
        report.same((run.resumed, run.starting_step), (True, 2), "a run that was killed, resumed")


def wait_for(name, lines):
    deadline = time.monotonic() + 60
    while wandb.Api().run(f"{PLACE}/{name}")._attrs["historyLineCount"] < lines and time.monotonic() < deadline:
        time.sleep(0.2)


def file_of(folder, text, name):
    artifact = wandb.Artifact(name, "dataset")
    artifact.add_file(write(os.path.join(folder, f"{name}-{text}.txt"), text), name="text.txt")
    return artifact


def delete(report, folder):
    for with_artifacts in (False, True):
        name = f"deleted-{with_artifacts}".lower()
        with begin(id=name) as run:
            run.log_artifact(file_of(folder, name, name)).wait(60)
        wandb.Api().run(f"{PLACE}/{name}").delete(delete_artifacts=with_artifacts)
        report.refuses(lambda: wandb.Api().run(f"{PLACE}/{name}"), wandb.errors.CommError, "a deleted run", "Could not find")
        report.same(wandb.Api().artifact_exists(f"{PLACE}/{name}:v0"), not with_artifacts, "what a deleted run logged")
    report.same(wandb.Api().artifact(f"{PLACE}/deleted-false:v0").logged_by(), None, "the run of what stayed")


def same_json(report, found, expected, what):
    """Equal as text: Python takes 1 and 1.0 for the same."""
    report.same(json.dumps(found), json.dumps(expected), what)
