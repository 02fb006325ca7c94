#!/usr/bin/env python3
"""The Python side of the comparison of s3:// references, with the installed `wandb[aws]` against the S3 server AWS_S3_ENDPOINT_URL.

usage: references_s3.py record DIR   fills the buckets and records DIR/calls.json -> DIR/python.json
       references_s3.py load DIR     DIR/ours.json, entries by isofact -> DIR/loaded.json, the hex of their bytes or an error's name
"""
import gzip
import json
import os
import sys

command, directory = sys.argv[1:]
for variable in ("WANDB_CACHE_DIR", "WANDB_DATA_DIR", "WANDB_CONFIG_DIR"):
    os.environ[variable] = os.path.join(directory, variable.lower())
    os.makedirs(os.environ[variable], exist_ok=True)
os.environ["WANDB_MODE"] = "offline"
os.environ["WANDB_SILENT"] = "true"

import boto3  # noqa: E402
import wandb  # noqa: E402
from wandb.sdk.artifacts.artifact_manifest_entry import ArtifactManifestEntry  # noqa: E402
from wandb.sdk.artifacts.storage_handlers.s3_handler import S3Handler  # noqa: E402

s3 = boto3.client("s3", endpoint_url=os.environ["AWS_S3_ENDPOINT_URL"], region_name=os.environ["AWS_REGION"])


def read(name):
    with open(os.path.join(directory, name), encoding="utf-8") as file:
        return json.load(file)


def fill(buckets):
    versions = {}
    for bucket, (is_versioned, objects) in buckets.items():
        s3.create_bucket(Bucket=bucket)
        if is_versioned:
            s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
        for key, text, content_type in objects:
            body, more = text.encode(), {}
            if key.endswith(".gz"):
                body, more = gzip.compress(body, mtime=0), {"ContentEncoding": "gzip"}
            answer = s3.put_object(Bucket=bucket, Key=key, Body=body, ContentType=content_type, **more)
            versions.setdefault(f"{bucket}/{key}", []).append(answer.get("VersionId"))
    return versions


def record(uri, options):
    try:
        artifact = wandb.Artifact("references", "dataset")
        artifact.add_reference(uri, **options)
        return artifact.manifest.to_manifest_json()["contents"]
    except Exception as error:
        return {"error": type(error).__name__}


def load(path, entry):
    try:
        entry = ArtifactManifestEntry(path=path, **entry)
        with open(S3Handler().load_path(entry, local=True), "rb") as file:
            return file.read().hex()
    except Exception as error:
        return type(error).__name__


if command == "record":
    versions = fill(read("buckets.json"))
    calls = read("calls.json")
    for call in calls.values():
        if "version" in call:
            call["uri"] += "?versionId=" + versions[call["version"]][0]
    answer = {
        "uris": {title: call["uri"] for title, call in calls.items()},
        "entries": {title: record(call["uri"], call.get("options", {})) for title, call in calls.items()},
    }
    name = "python.json"
else:
    answer = {title: {path: load(path, entry) for path, entry in entries.items()} for title, entries in read("ours.json").items()}
    name = "loaded.json"
with open(os.path.join(directory, name), "w", encoding="ascii") as file:
    json.dump(answer, file)
