#!/usr/bin/env python3
"""Logs a tree and downloads it again with Python's wandb: wire_rival.py TREE URL. Prints seconds and peak memory as JSON."""
import json
import os
import sys
import time

tree, url = sys.argv[1:3]
os.environ.update(
    WANDB_BASE_URL=url,
    WANDB_API_KEY="local-0123456789abcdef0123456789abcdef01234567",
    WANDB_SILENT="true",
    WANDB_CACHE_DIR=os.path.abspath("cache"),
    WANDB_DATA_DIR=os.path.abspath("data"),
    WANDB_ERROR_REPORTING="false",
)

import wandb  # noqa: E402


def peaks() -> float:
    """Peak memory of this process and of wandb-core, which does the work, in MiB."""
    total = 0
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/status") as status:
                fields = dict(line.split(":", 1) for line in status)
        except OSError:
            continue
        if int(pid) == os.getpid() or (fields["Name"].strip() == "wandb-core" and fields["PPid"].strip() == str(os.getpid())):
            total += int(fields["VmHWM"].split()[0])
    return total / 1024


run = wandb.init(project="bench", settings=wandb.Settings(console="off"))
start = time.perf_counter()
artifact = wandb.Artifact("tree", "dataset")
artifact.add_dir(tree, skip_cache=True)
run.log_artifact(artifact).wait()
log = time.perf_counter() - start
start = time.perf_counter()
logged = wandb.Api().artifact("bench/tree:latest")
logged.download("copy", skip_cache=True)
download = time.perf_counter() - start
logged.verify("copy")
proven = time.perf_counter() - start
peak = peaks()
run.finish()
print(json.dumps({"log": log, "download": download, "proven": proven, "peakMiB": peak}))
