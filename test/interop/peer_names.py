"""Generated strings, and what Python's validators make of each: valid or not, and the form it is kept in."""
import math
import sys
import unicodedata

import wandb
from wandb.sdk.artifacts import _validators as validators
from wandb.sdk.artifacts._generated import ArtifactAliasInput
from wandb.util import alias_is_version_index

COMMON = ["", "a", "B", "0", "9", "_", "-", ".", "x", "data", "model", "\u00e9", "e\u0301", "\u65e5\u672c", "\U0001f600", "\U0001d7d8"]
ODD = ["/", ":", "\\", " ", "  ", "\t", "\n", "\r", "\x00", "\x7f", "#", "?", "%", "~", "+", "@", "\u00b2", "\u00bd", "\u2167", "\ufeff", "\ud800", "\udc00"]
LONG = ["n" * 127, "n" * 128, "\U0001f600" * 64, "\U0001f600" * 127, "\u00e9" * 128]
PATHS = ["/", "/", "//", ".", "..", "./", "../", "...", "..a", "\\", "..\\", "\\..", "C:", "c:\\", "ab:c", ":", "\\\\?\\", "\\\\h\\s", "con", "a", "b c"]
VERSIONS = ["v", "V", "v0", "v1", "v12", "v007", "v9007199254740993", "v-1", "v1.0", "v1a", "latest", "v\u0663", "v\u00b2", "v\u4e09"]
RESERVED = ["wandb-", "wandb", "wandb-registry-", "job", "jobs", "code", "source-", "source", "run_table", "run-", "run_tablex"]


def text(rng, *more) -> str:
    pool = [*COMMON, *COMMON, *ODD, *rng.choice((LONG, [])), *more * 2]
    joined = "".join(rng.choice(pool) for _ in range(rng.choice((1, 1, 2, 2, 3, 4, 6))))
    # Two halves of a pair side by side are two characters to Python, but one as soon as they travel through JSON.
    return joined.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")


def texts(rng, *more):
    """One string, or a list of up to four with repeats."""
    if rng.random() < 0.5:
        return text(rng, *more)
    some = [text(rng, *more) for _ in range(rng.randint(0, 3))]
    return some + some[:1] if rng.random() < 0.5 else some


def aliases(value) -> list:
    for alias in (kept := validators.validate_aliases(value)):
        ArtifactAliasInput(artifact_collection_name="c", alias=alias)  # checked when an alias is sent
    return kept


def tags(value) -> list:
    kept = validators.validate_tags(value)
    if any(len(tag) > 128 for tag in kept):  # max_length of TagInput, checked when a tag is sent
        raise ValueError("too long")
    return kept


def path_string(value: str) -> dict:
    path = validators.ArtifactPath.from_str(value)
    collection, colon, alias = path.name.partition(":")
    return {"entity": path.prefix, "project": path.project, "collection": collection, "alias": alias if colon else None}


def json_value(rng, depth: int = 0):
    """Numbers that JSON cannot say are written {"$": "NaN"}; see `untag`."""
    kind = rng.choice(("text", "number", "fixed", "special", "list", "dict") if depth < 3 else ("text", "number", "fixed"))
    if kind == "text":
        return text(rng)
    if kind == "number":
        return rng.choice((0, -1, 2**53 - 1, 1.5, 1e22, 1e-7, 5e-324, rng.uniform(-1e6, 1e6), rng.randint(-(2**40), 2**40)))
    if kind == "fixed":
        return rng.choice((True, False, None))
    if kind == "special":
        return {"$": rng.choice(("NaN", "NaN", "NaN", "Infinity", "-Infinity"))}
    if kind == "list":
        return [json_value(rng, depth + 1) for _ in range(rng.randint(0, 3))]
    return {rng.choice((text(rng), "__proto__", "constructor", "10", "9")): json_value(rng, depth + 1) for _ in range(rng.randint(0, 3))}


def metadata_input(rng):
    size = rng.choice((0, 1, 2, 3, 5, 99, 100, 101, 150))
    whole = {f"k{i}" if rng.random() < 0.8 else f"{i}{text(rng)}": json_value(rng, 1) for i in range(size)}
    if size > 5:
        whole = {key: 0 for key in whole}
    return rng.choice((whole, whole, whole, whole, None, json_value(rng), rng.choice(('{"a": 1}', "null", "[1]", '"x"', "", " ", "{", '{"a": NaN}'))))


def untag(value):
    if isinstance(value, list):
        return [untag(item) for item in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {"$"}:
        return {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}[value["$"]]
    return {key: untag(item) for key, item in value.items()}


KINDS = {
    "artifact name": (lambda rng: text(rng), lambda value: wandb.Artifact(value, "dataset").name),
    "collection name": (lambda rng: text(rng), validators.validate_artifact_name),
    "project name": (lambda rng: text(rng, *RESERVED), validators.validate_project_name),
    "type": (lambda rng: [text(rng, *RESERVED), rng.choice(("n", "run-1", "source-x", "runs", "run-"))], lambda v: validators.validate_artifact_type(*v)),
    "aliases": (lambda rng: texts(rng, *VERSIONS), aliases),
    "tags": (lambda rng: texts(rng, *VERSIONS), tags),
    "entry path": (lambda rng: text(rng, *PATHS), validators.validate_artifact_path),
    "path string": (lambda rng: text(rng, "/", "/", "a/b/c", "b/c/d", ":", "v1"), path_string),
    "version alias": (lambda rng: rng.choice((text(rng, *VERSIONS), rng.choice(VERSIONS))), alias_is_version_index),
    "metadata": (metadata_input, lambda value: validators.validate_metadata(untag(value))),
}


def verdict(judge, value) -> dict:
    try:
        return {"input": value, "valid": True, "value": judge(value)}
    except (ValueError, TypeError):
        return {"input": value, "valid": False}


def ranges(test) -> list:
    """The code points that pass, as [first, last] pairs."""
    found = []
    for point in range(sys.maxunicode + 1):
        if not test(chr(point)):
            continue
        if found and found[-1][1] == point - 1:
            found[-1][1] = point
        else:
            found.append([point, point])
    return found


def judge(rng, count: int) -> dict:
    return {
        "kinds": {kind: [verdict(check, make(rng)) for _ in range(count)] for kind, (make, check) in KINDS.items()},
        "tagCharacters": ranges(lambda char: validators.TAG_REGEX.match(char)),
        # A newer Unicode knows letters that this Python does not.
        "unassigned": ranges(lambda char: unicodedata.category(char) == "Cn"),
    }
