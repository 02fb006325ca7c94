"""What a server keeps of a run besides its artifacts, as `wandb.init` and `wandb.Api` see it."""
import wandb

PLACE = "birds/aerie"


def runs(report, folder):
    report.step(tags, report)


def begin(**given):
    return wandb.init(project="aerie", settings=wandb.Settings(console="off"), **given)


def tags(report):
    given = ("v1.0", "lr=0.1", "a/b", "exp:a", "C++", "\N{OWL}" * 64)
    with begin(id="tagged", tags=given) as run:
        report.same(run.tags, given, "tags of a run")
    report.same(sorted(wandb.Api().run(f"{PLACE}/tagged").tags), sorted(given), "tags of a run, read")
    found = wandb.Api().runs(PLACE, filters={"tags": {"$in": ["exp:a"]}})
    report.same([run.id for run in found], ["tagged"], "runs with a tag")
