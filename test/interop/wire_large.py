"""One file over 2 GiB, which goes up in parts and comes down in ranges."""
import os

import wandb


def make(name):
    artifact = wandb.Artifact(name, "dataset")
    artifact.add_file(os.path.join(os.environ["INTEROP_FILES"], "large.bin"), policy="immutable", skip_cache=True)
    return artifact


def log(report, folder):
    with wandb.init(id="large-python") as run:
        artifact = run.log_artifact(make("large-python")).wait(300)
    report.facts["version"] = [artifact.version, artifact.digest, artifact.size]


def read(report, folder):
    """What isofact logged: the same file with other bytes in every part."""
    artifact = wandb.Api().artifact("birds/garden/large-isofact:latest")
    root = artifact.download(os.path.join(folder, "got"), skip_cache=True)
    artifact.verify(root)
    with wandb.init(id="large-again") as run:
        again = run.log_artifact(make("large-isofact")).wait(300)
    report.same(again.version, "v0", "the same large file, logged by Python")
    report.facts["version"] = [artifact.version, artifact.digest, artifact.size]
