"""Python's file cache, written and read."""
import base64
import hashlib
import json
import random

from wandb.sdk.artifacts.artifact_file_cache import ArtifactFileCache

SIZES = (0, 1, 63, 64, 65, 8192, 200_000, 3_000_001)


def write(directory: str) -> list:
    cache = ArtifactFileCache(directory)
    blobs = []
    for size in SIZES:
        content = random.Random(size).randbytes(size)
        digest = base64.b64encode(hashlib.md5(content).digest()).decode()
        _, hit, cache_open = cache.check_digest_obj_path(digest, size)
        assert not hit
        with cache_open("wb") as file:
            file.write(content)
        blobs.append({"digest": digest, "size": size})
    return blobs


def read(directory: str, wanted: str) -> list:
    """Whether each blob is a hit, and the MD5 of what Python would then read."""
    cache = ArtifactFileCache(directory)
    answers = []
    with open(wanted, encoding="utf-8") as file:
        blobs = json.load(file)
    for blob in blobs:
        path, hit, _ = cache.check_digest_obj_path(blob["digest"], blob["size"])
        found = None
        if hit:
            with open(path, "rb") as content:
                found = base64.b64encode(hashlib.md5(content.read()).digest()).decode()
        answers.append({"digest": blob["digest"], "hit": hit, "found": found})
    return answers
