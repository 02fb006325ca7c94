#!/usr/bin/env python3
"""The Python side of the benchmark: drives the installed `wandb` package and prints its timings as one line of JSON.

usage: rival.py --work DIR version
       rival.py --work DIR add-dir TREE --policy mutable|immutable
       rival.py --work DIR relog TREE --policy mutable|immutable
       rival.py --work DIR manifest COUNT
       rival.py --work DIR download FILES.json --base-url URL
       rival.py --work DIR references URL      needs wandb[aws]
       rival.py --work DIR table COUNT

Everything is timed in here, so starting the interpreter and importing wandb cost nothing. Each command first does the same thing to
one small file, so that lazy imports and thread pools are warm too. Scratch files go to the --work directory, which the caller removes.
"""
import argparse
import base64
import hashlib
import importlib.util
import json
import os
import shutil
import tempfile
import time
from types import SimpleNamespace

os.environ.setdefault("WANDB_MODE", "offline")
os.environ.setdefault("WANDB_SILENT", "true")

import wandb  # noqa: E402
from wandb.sdk.artifacts.artifact_manifest import ArtifactManifest  # noqa: E402
from wandb.sdk.artifacts.artifact_manifest_entry import ArtifactManifestEntry  # noqa: E402
from wandb.sdk.artifacts.artifact_state import ArtifactState  # noqa: E402


def timed(action):
    start = time.perf_counter()
    result = action()
    return time.perf_counter() - start, result


def new_artifact():
    return wandb.Artifact("bench", "dataset")


def log_tree(directory: str, policy: str) -> str:
    """What a user's script does before the upload: build the artifact and its digest."""
    artifact = new_artifact()
    artifact.add_dir(directory, policy=policy)
    return artifact.digest


def warm_up(policy: str) -> None:
    with tempfile.TemporaryDirectory() as small:
        with open(os.path.join(small, "one"), "wb") as file:
            file.write(b"1")
        log_tree(small, policy)


def add_dir(args) -> dict:
    warm_up(args.policy)
    artifact = new_artifact()
    seconds, _ = timed(lambda: artifact.add_dir(args.directory, policy=args.policy))
    return {"addDir": seconds, "digest": artifact.digest, "files": len(artifact.manifest.entries)}


def relog(args) -> dict:
    """Python keeps nothing from one run to the next, so logging again is hashing again; asking the server is not even counted."""
    warm_up(args.policy)
    seconds, digest = timed(lambda: log_tree(args.directory, args.policy))
    return {"relog": seconds, "digest": digest}


def memory(key: str) -> float:
    """MiB, from /proc: VmRSS is memory in use, VmHWM the most there ever was. 0 where there is no /proc."""
    try:
        with open("/proc/self/status", encoding="ascii") as file:
            return next(int(line.split()[1]) / 1024 for line in file if line.startswith(key))
    except OSError:
        return 0.0


def manifest(args) -> dict:
    idle = memory("VmRSS")
    digests = [base64.b64encode(hashlib.md5(str(i).encode()).digest()).decode() for i in range(args.count)]

    def build():
        built = new_artifact().manifest
        for i, digest in enumerate(digests):
            built.add_entry(ArtifactManifestEntry(path=f"d{i // 1000:04}/file{i:07}.bin", digest=digest, size=i))
        return built

    build_s, built = timed(build)
    digest_s, digest = timed(built.digest)
    encode_s, text = timed(lambda: json.dumps(built.to_manifest_json()))
    decode_s, decoded = timed(lambda: ArtifactManifest.from_manifest_json(json.loads(text)))
    assert decoded.digest() == digest
    return {"build": build_s, "digest": digest_s, "encode": encode_s, "decode": decode_s, "peak": memory("VmHWM") - idle}


class LoggedArtifact(wandb.Artifact):
    """A logged artifact without a server: the package's own `download`, with only the listing of files answered from memory.

    Why this is fair: `Artifact.download` runs as released (its thread pool of 32 workers, its batches, its cache, its checksum
    files, its `requests` session). What is left out is the GraphQL call that names each file's address; here that is free.
    """

    def _fetch_file_urls(self, cursor, per_page=5000):
        start = int(cursor or 0)
        paths = self.bench_paths[start : start + per_page]
        edges = [SimpleNamespace(node=SimpleNamespace(name=p, direct_url=f"{self.bench_base_url}/{p}")) for p in paths]
        end = start + len(paths)
        return SimpleNamespace(
            edges=edges,
            page_info=SimpleNamespace(has_next_page=end < len(self.bench_paths), end_cursor=str(end)),
        )


def logged_artifact(files, base_url: str) -> LoggedArtifact:
    artifact = LoggedArtifact("bench", "dataset")
    for path, digest, size in files:
        artifact.manifest.add_entry(ArtifactManifestEntry(path=path, digest=digest, size=size))
    artifact._state = ArtifactState.COMMITTED
    artifact.bench_paths = [path for path, _, _ in files]
    artifact.bench_base_url = base_url
    return artifact


def count_files(root: str) -> int:
    return sum(len(names) for _, _, names in os.walk(root))


def download(args) -> dict:
    """Cold: empty cache, bytes over HTTP. Warm: full cache, empty destination. A fresh artifact each time, as in a fresh script."""
    with open(args.files, encoding="utf-8") as file:
        files = json.load(file)
    logged_artifact(files[:1], args.base_url).download(os.path.join(args.work, "small"))
    shutil.rmtree(os.environ["WANDB_CACHE_DIR"])
    os.makedirs(os.environ["WANDB_CACHE_DIR"])
    result = {}
    for name in ("cold", "warm"):
        root = os.path.join(args.work, name)
        artifact = logged_artifact(files, args.base_url)
        result[name], _ = timed(lambda: artifact.download(root))
        assert count_files(root) == len(files), f"{name}: files are missing"
    return result


def version(_) -> dict:
    return {"version": wandb.__version__, "boto3": importlib.util.find_spec("boto3") is not None}


def references(args) -> dict:
    """A folder of a bucket. Idle is after one object: boto3 is loaded by the first address."""
    os.environ.update(
        AWS_ACCESS_KEY_ID="bench", AWS_SECRET_ACCESS_KEY="bench", AWS_REGION="us-east-1", AWS_S3_ENDPOINT_URL=args.url
    )
    wandb.Artifact("small", "dataset").add_reference("s3://bench/data/0000/0000000.bin")
    artifact = new_artifact()
    idle = memory("VmRSS")
    seconds, entries = timed(lambda: artifact.add_reference("s3://bench/data"))
    return {"seconds": seconds, "peak": memory("VmHWM") - idle, "files": len(entries)}


def bird_rows(count: int):
    """The rows of ours.ts."""
    for i in range(count):
        weight, longitude, latitude = i * 37 % 1000, i * 7 % 3600, i * 11 % 1800
        yield [i, weight / 10, f"bird {i}", i % 3 == 0, longitude / 10 - 180, latitude / 10 - 90, i % 12, "garden", f"ä {i % 97}", i % 24]


BIRD_COLUMNS = ["id", "weight", "name", "tame", "longitude", "latitude", "count", "site", "note", "hour"]


def table(args) -> dict:
    """Written by `Artifact.add`, read as `Artifact.get` does it after the file is there."""
    wandb.Table.MAX_ARTIFACT_ROWS = max(args.count, wandb.Table.MAX_ARTIFACT_ROWS)

    def write(artifact, rows):
        return artifact.add(wandb.Table(columns=BIRD_COLUMNS, data=rows), "birds")

    def read(artifact, entry):
        with open(entry.local_path, encoding="utf-8") as file:
            found = wandb.Table.from_json(json.load(file), artifact)
        return sum(1 for _ in found.iterrows())

    small = wandb.Artifact("small", "dataset")
    read(small, write(small, list(bird_rows(10))))
    idle = memory("VmRSS")
    artifact = new_artifact()
    rows = list(bird_rows(args.count))
    write_s, entry = timed(lambda: write(artifact, rows))
    del rows
    read_s, seen = timed(lambda: read(artifact, entry))
    assert seen == args.count
    return {"write": write_s, "read": read_s, "peak": memory("VmHWM") - idle}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--work", required=True, help="an empty scratch directory")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("version")
    for name in ("add-dir", "relog"):
        command = commands.add_parser(name)
        command.add_argument("directory")
        command.add_argument("--policy", choices=("mutable", "immutable"), default="mutable")
    commands.add_parser("manifest").add_argument("count", type=int)
    command = commands.add_parser("download")
    command.add_argument("files")
    command.add_argument("--base-url", required=True)
    commands.add_parser("references").add_argument("url")
    commands.add_parser("table").add_argument("count", type=int)
    args = parser.parse_args()
    run = {"version": version, "add-dir": add_dir, "relog": relog, "manifest": manifest, "download": download, "references": references, "table": table}
    for variable in ("WANDB_CACHE_DIR", "WANDB_DATA_DIR", "WANDB_CONFIG_DIR"):
        os.environ[variable] = os.path.join(args.work, variable.lower())
        os.makedirs(os.environ[variable], exist_ok=True)
    print(json.dumps(run[args.command](args)))


main()
