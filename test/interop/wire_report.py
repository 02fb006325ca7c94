"""What one Python process found, and the facts it leaves for isofact to compare."""
import json
import os
import traceback


class Report:
    def __init__(self):
        self.passed = 0
        self.failures = []
        self.facts = {}

    def check(self, ok, what):
        if ok:
            self.passed += 1
        else:
            self.failures.append(what)

    def same(self, actual, expected, what):
        self.check(actual == expected, f"{what}: got {actual!r}, expected {expected!r}")

    def refuses(self, act, expected, what, words=""):
        """`act` raises one of `expected`, with `words` in its message."""
        try:
            act()
        except expected as error:
            self.check(words in str(error), f"{what}: {type(error).__name__} says {error}")
        except Exception as error:
            self.failures.append(f"{what}: {type(error).__name__}: {error}")
        else:
            self.failures.append(f"{what}: was not refused")

    def step(self, act, *given):
        """A step that raises is one failure, and the ones after it still run."""
        try:
            return act(*given)
        except Exception:
            self.failures.append(f"{act.__name__}: {traceback.format_exc(limit=-6)}")

    def save(self, path):
        with open(path, "w", encoding="utf-8") as file:
            json.dump({"passed": self.passed, "failures": self.failures, "facts": self.facts}, file)


def facts_of(artifact):
    """A version as both languages can say it; entries in the order of the digest."""
    return {
        "name": artifact.source_name,
        "type": artifact.type,
        "digest": artifact.digest,
        "size": artifact.size,
        "fileCount": artifact.file_count,
        "description": artifact.description,
        "metadata": artifact.metadata,
        "aliases": sorted(artifact.aliases),
        "tags": sorted(artifact.tags),
        "entries": entries_of(artifact),
    }


def entries_of(artifact):
    return [[path, entry.digest, entry.size, entry.ref] for path, entry in sorted(artifact.manifest.entries.items())]


def read_tree(root):
    """Every file below `root` by its relative path."""
    found = {}
    for folder, _, names in os.walk(root):
        for name in names:
            path = os.path.join(folder, name)
            with open(path, "rb") as file:
                found[os.path.relpath(path, root).replace(os.sep, "/")] = file.read()
    return found
