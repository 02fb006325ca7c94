#!/usr/bin/env python3
"""The Python side of the comparison of http: and file: references, with the installed `wandb`.

usage: references_http.py record DIR      records DIR/calls.json -> DIR/python.json
       references_http.py load DIR        DIR/ours.json, entries by isofact -> DIR/loaded.json, the hex of their bytes or an error's name
       references_http.py addresses DIR   DIR/addresses.json -> DIR/sent.json, how `requests` spells each
"""
import json
import os
import sys

command, directory = sys.argv[1:]
for variable in ("WANDB_CACHE_DIR", "WANDB_DATA_DIR", "WANDB_CONFIG_DIR"):
    os.environ[variable] = os.path.join(directory, variable.lower())
    os.makedirs(os.environ[variable], exist_ok=True)
os.environ["WANDB_MODE"] = "offline"
os.environ["WANDB_SILENT"] = "true"

import requests  # noqa: E402
import wandb  # noqa: E402
from wandb.sdk.artifacts.artifact_manifest_entry import ArtifactManifestEntry  # noqa: E402
from wandb.sdk.artifacts.storage_handlers.http_handler import HTTPHandler  # noqa: E402
from wandb.sdk.artifacts.storage_handlers.local_file_handler import LocalFileHandler  # noqa: E402


def read(name):
    with open(os.path.join(directory, name), encoding="utf-8") as file:
        return json.load(file)


def record(uri, options):
    try:
        artifact = wandb.Artifact("references", "dataset")
        artifact.add_reference(uri, **options)
        return artifact.manifest.to_manifest_json()["contents"]
    except Exception as error:
        return {"error": type(error).__name__}


def load(path, entry):
    try:
        handler = LocalFileHandler() if entry["ref"].startswith("file:") else HTTPHandler(requests.Session())
        with open(handler.load_path(ArtifactManifestEntry(path=path, **entry), local=True), "rb") as file:
            return file.read().hex()
    except Exception as error:
        return type(error).__name__


def spell(address):
    try:
        return requests.Request("GET", address).prepare().url
    except Exception as error:
        return type(error).__name__


if command == "record":
    name, answer = "python.json", {title: record(call["uri"], call.get("options", {})) for title, call in read("calls.json").items()}
elif command == "load":
    answer = {title: {path: load(path, entry) for path, entry in entries.items()} for title, entries in read("ours.json").items()}
    name = "loaded.json"
else:
    name, answer = "sent.json", {address: spell(address) for address in read("addresses.json")}
with open(os.path.join(directory, name), "w", encoding="ascii") as file:
    json.dump(answer, file)
