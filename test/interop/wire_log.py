"""`wandb.init` and everything a run does with artifacts."""
import os
import time
from datetime import timedelta

import wandb
from wire_files import make_tree, png, write
from wire_report import entries_of, facts_of

FILES = 1000


def log(report, folder):
    with wandb.init(id="logger", name="the logger", job_type="produce", group="tour", tags=["interop"], config={"lr": 0.1}) as run:
        report.same((run.entity, run.project, run.id), ("birds", "garden", "logger"), "the run")
        report.step(log_tour, report, folder, run)
        report.step(log_again, report, folder, run)
        report.step(log_objects, report, folder, run)
        report.step(log_incremental, report, folder, run)
        report.step(log_distributed, report, folder, run)
        report.step(log_and_link, report, folder, run)
        report.step(use, report, run)
        report.step(refuse_wrong_type, report, folder, run)
    report.step(log_job, report, folder)


def make_tour(report, folder, text):
    artifact = wandb.Artifact("tour", "dataset", description="A *tour*.", metadata={"answer": 42, "deep": {"list": [1, None, "ü"]}})
    artifact.ttl = timedelta(days=30)
    artifact.add_file(write(os.path.join(folder, "one.bin"), bytes(range(256)) * 4096), name="bin/one.bin")
    artifact.add_file(write(os.path.join(folder, "still.txt"), "immutable\n"), policy="immutable", skip_cache=True)
    artifact.add_dir(make_tree(os.path.join(folder, "tree"), FILES), name="tree")
    with artifact.new_file("notes/new.txt", encoding="utf-8") as file:
        file.write(text)
    artifact.add_reference(os.environ["INTEROP_REFERENCE"], name="refs/web.txt")
    artifact.add_reference("file://" + write(os.path.join(folder, "beside.txt"), "beside\n"), name="refs/beside.txt")
    artifact.add(wandb.Table(columns=["bird", "eggs"], data=[["wren", 7], ["swift", 2]]), "birds")
    artifact.add(wandb.Image(write(os.path.join(folder, "wren.png"), png(200)), caption="a wren"), "wren")
    return artifact


def log_tour(report, folder, run):
    artifact = run.log_artifact(make_tour(report, folder, "first\n"), aliases=["latest", "first"], tags=["raw", "big one"])
    artifact.wait(60)
    report.same((artifact.version, artifact.state), ("v0", "COMMITTED"), "the first version")
    report.same(sorted(artifact.aliases), ["first", "latest"], "aliases")
    report.same(sorted(artifact.tags), ["big one", "raw"], "tags")
    report.same(artifact.ttl, timedelta(days=30), "ttl")
    report.same(artifact.file_count, FILES + 1 + 2 + 1 + 2 + 3, "files")
    report.facts["tour"] = facts_of(artifact)


def log_again(report, folder, run):
    same = run.log_artifact(make_tour(report, folder, "first\n"), aliases=["latest", "again"]).wait(60)
    report.same(same.version, "v0", "the same content once more")
    report.same(sorted(same.aliases), ["again", "first", "latest"], "aliases, the same content once more")
    second = run.log_artifact(make_tour(report, folder, "second\n")).wait(60)
    report.same((second.version, second.aliases), ("v1", ["latest"]), "other content")


def log_objects(report, folder, run):
    """A table that is in one artifact already, of which the other then holds a reference."""
    table = wandb.Table(columns=["picture"], data=[[wandb.Image(write(os.path.join(folder, "swift.png"), png(90)))]])
    first = wandb.Artifact("table-home", "tables")
    first.add(table, "pictures")
    # wandb saves the two at the same time otherwise, and asks for the first one's id whether or not it has got one.
    run.log_artifact(first).wait(60)
    second = wandb.Artifact("table-away", "tables")
    second.add(table, "borrowed")
    run.log_artifact(second).wait(60)
    fetched = run.use_artifact("table-away:latest")
    ref = fetched.get_entry("borrowed.table.json").ref
    report.check(ref is not None and ref.startswith("wandb-artifact://"), f"a borrowed table is a reference: {ref}")
    report.same(fetched.get("borrowed").columns, ["picture"], "a borrowed table, read")
    run.log({"loss": 0.5, "inline": wandb.Table(columns=["n"], data=[[1]])})


def log_incremental(report, folder, run):
    for at in range(2):
        artifact = wandb.Artifact("grown", "dataset", incremental=at > 0)
        artifact.add_file(write(os.path.join(folder, f"grown{at}.txt"), f"grown {at}\n"))
        artifact = run.log_artifact(artifact).wait(60)
    report.same(sorted(artifact.manifest.entries), ["grown0.txt", "grown1.txt"], "an incremental version")
    report.facts["grown"] = entries_of(artifact)


def log_distributed(report, folder, run):
    for at in range(3):
        artifact = wandb.Artifact("shared", "dataset")
        artifact.add_file(write(os.path.join(folder, f"share{at}.txt"), f"share {at}\n"))
        keep = run.upsert_artifact if at < 2 else run.finish_artifact
        artifact = keep(artifact, distributed_id="the-group").wait(60)
        report.same(artifact.state, "PENDING" if at < 2 else "COMMITTED", f"share {at}")
    report.same(sorted(artifact.manifest.entries), ["share0.txt", "share1.txt", "share2.txt"], "a version of three writers")
    report.facts["shared"] = entries_of(artifact)


def log_and_link(report, folder, run):
    model = wandb.Artifact("weights", "model")
    model.add_file(write(os.path.join(folder, "weights.bin"), b"\1\2\3" * 1000))
    linked = run.link_artifact(run.log_artifact(model), "shelf", aliases=["shown"])
    report.same((linked.version, linked.is_link, sorted(linked.aliases)), ("v0", True, ["latest", "shown"]), "linked by the run")
    report.same(linked.source_name, "weights:v0", "where a link comes from")


def use(report, run):
    by_name = run.use_artifact("tour:first", type="dataset")
    report.same(by_name.version, "v0", "used by an alias")
    report.same(run.use_artifact(by_name).id, by_name.id, "used as an object")
    run.log_artifact(run.use_artifact("weights:v0"), aliases=["once-more"])
    report.refuses(lambda: run.use_artifact("tour:none"), (ValueError, wandb.errors.CommError), "an alias that is not there")


def refuse_wrong_type(report, folder, run):
    artifact = wandb.Artifact("tour", "model")
    artifact.add_file(write(os.path.join(folder, "other.txt"), "other\n"))
    report.refuses(lambda: run.log_artifact(artifact).wait(60), ValueError, "another type", "already exists with type")


def log_job(report, folder):
    """What wandb-core logs by itself at the end of a run, with a client id of its own making."""
    script = write(os.path.join(folder, "script", "train.py"), "print('trained')\n")
    with wandb.init(id="worker", settings=wandb.Settings(disable_job_creation=False, program=script)) as run:
        run.log_code(os.path.dirname(script), name="source-train")
    job = wandb.Api().artifact("birds/garden/job-source-train:latest")
    report.same((job.version, job.type, "wandb-job.json" in job.manifest.entries), ("v0", "job", True), "a job")


def offline(report, folder):
    """Nothing is sent: `wandb sync` does that later."""
    with wandb.init(id="offline") as run:
        artifact = wandb.Artifact("kept", "dataset", metadata={"kept": True})
        artifact.add_file(write(os.path.join(folder, "kept.txt"), "kept\n"))
        run.log_artifact(artifact, aliases=["later"])
        run.log({"rows": wandb.Table(columns=["bird"], data=[["wren"]])})


def race(report, folder):
    """Two processes run this at once."""
    which = os.environ["INTEROP_RACER"]
    with wandb.init(id=f"racer-{which}") as run:
        with open(os.path.join(folder, "..", f"ready-{which}"), "w"):
            pass
        other = os.path.join(folder, "..", f"ready-{1 - int(which)}")
        while not os.path.exists(other):
            time.sleep(0.01)
        made = []
        for at in range(4):
            artifact = wandb.Artifact("contested", "dataset")
            artifact.add_file(write(os.path.join(folder, "mine.txt"), f"racer {which}, {at}\n"), name="mine.txt")
            artifact.add_file(write(os.path.join(folder, "both.txt"), f"round {at}\n"), name="both.txt")
            made.append(run.log_artifact(artifact))
        report.facts["versions"] = [artifact.wait(60).version for artifact in made]
