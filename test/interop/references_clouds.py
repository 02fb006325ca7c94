"""The real handlers of wandb for gs: and Azure references, asked by references-clouds.ts.

usage: references_clouds.py ENDPOINT [ACCOUNT_KEY], with a list of jobs as JSON on stdin; answers with a list of answers.
Without a key the endpoint is a Cloud Storage emulator, with one it is an Azure emulator.
"""

import json
import os
import sys

endpoint, key = (sys.argv[1:] + [None])[:2]
os.environ["STORAGE_EMULATOR_HOST"] = endpoint
os.environ["WANDB_SILENT"] = "true"
os.environ["WANDB_ERROR_REPORTING"] = "false"

from wandb.sdk.artifacts.artifact_manifest_entry import ArtifactManifestEntry  # noqa: E402
from wandb.sdk.artifacts.storage_handlers.azure_handler import AzureHandler  # noqa: E402
from wandb.sdk.artifacts.storage_handlers.gcs_handler import GCSHandler  # noqa: E402


class EmulatedAzure(AzureHandler):
    """The handler as it is, with an account whose address has a path, which its own cutting of addresses does not know."""

    def _parse_uri(self, uri):
        _, container, blob, query = super()._parse_uri("https://account" + uri[len(endpoint) :])
        return endpoint, container, blob, query

    def _get_credential(self, account_url):
        return key


def answer(handler, job):
    try:
        if "entry" in job:
            entry = ArtifactManifestEntry(**job["entry"])
            with open(handler.load_path(entry, local=True)) as file:
                return {"text": file.read()}
        options = {name: job[name] for name in ("name", "checksum", "max_objects") if name in job}
        entries = handler.store_path(None, job["uri"], **options)
        facts = ("path", "ref", "digest", "size", "extra")
        return {"entries": [{fact: getattr(entry, fact) for fact in facts} for entry in entries]}
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"[:300]}


handler = GCSHandler() if key is None else EmulatedAzure()
json.dump([answer(handler, job) for job in json.load(sys.stdin)], sys.stdout)
