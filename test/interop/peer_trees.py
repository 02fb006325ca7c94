"""Random artifacts: hostile but legal trees, and random operations on them, done by the real `wandb.Artifact`."""
import base64
import hashlib
import importlib.util
import json
import os
from pathlib import Path

import wandb
from wandb.sdk.artifacts._validators import validate_artifact_path
from wandb.sdk.artifacts.artifact_manifest import ArtifactManifest

WORDS = [
    *("a", "b", "A", "B", "data", "README.md", "x.y.z", "0", "10", "9", "-rf", "~", "_", "...", "..a", ".hidden", "trail.", "CON", "nul.txt"),
    *("x y", " lead", "trail ", "  ", "tab\there", "new\nline", "\x01", "\x7f", "back\\slash", "ab:c", "%20", "%2e%2e", "%", "#h", "q?x", "a;b"),
    *("a&b", "a=b", "a+b", "[x]", "{y}", "'q'", '"q"', "`t`", "$HOME", "!", "*", "|", "<>", "(p)", "@", ",", "^"),
    *("__proto__", "constructor", "toString", "hasOwnProperty", "\u00e9", "e\u0301", "\ufb01", "\u00c5", "\u212b", "\u65e5\u672c\u8a9e"),
    *("\uff5e", "\ue000", "\ufffd", "\u200b", "\u202e", "\ufeff", "\U0001f600", "\U0001f388\U0001f99c", "\U0010fffd", "n" * 255, "\u00e9" * 127),
]
BAD_NAMES = ["../up", "a/../../b", "/abs", "//net/x", ".", "C:x", "c:/x", "\\lead", "a\\..\\b", "..", "a/.."]
HAS_BOTO = importlib.util.find_spec("boto3") is not None


def valid(path: str) -> bool:
    try:
        validate_artifact_path(path)
        return True
    except ValueError:
        return False


def content(rng) -> bytes:
    size = rng.choice((0, 0, 1, 7, 63, 64, 65, 500, 4096, rng.randint(0, 20_000), rng.randint(0, 200_000)))
    return rng.randbytes(size)


def word(rng) -> str:
    return rng.choice(WORDS) if rng.random() < 0.6 else "".join(rng.choice(WORDS)[:3] for _ in range(rng.randint(1, 4)))[:40]


def some_path(rng) -> str:
    while not valid(path := "/".join(word(rng) for _ in range(rng.randint(1, 4)))):
        pass
    return path


def make_tree(rng, root: str, linked: str = "") -> None:
    os.makedirs(root)
    for _ in range(rng.randint(0, 20)):
        path = os.path.join(root, some_path(rng))
        try:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            if not os.path.realpath(os.path.dirname(path)).startswith(root):
                continue  # through a link: what is linked to stays as it is, without circles
            if linked and rng.random() < 0.15:
                os.symlink(rng.choice((linked, *files_below(linked))), path)
            else:
                with open(path, "xb") as file:
                    file.write(content(rng))
        except (FileExistsError, NotADirectoryError):
            continue  # the name is taken by a file or a directory
    os.makedirs(os.path.join(root, "empty", "directory"), exist_ok=True)


def files_below(root: str, follow: bool = True) -> list:
    return sorted(os.path.join(d, name) for d, _, names in os.walk(root, followlinks=follow) for name in names)


class Case:
    """One artifact and the operations on it, recorded as they are done. Each operation either works whole or fails whole."""

    def __init__(self, rng, root: str):
        self.rng, self.root, self.ops = rng, root, []
        self.artifact = wandb.Artifact("interop", "dataset")
        make_tree(rng, os.path.join(root, "linked"))
        self.trees = [os.path.join(root, f"tree{i}") for i in range(rng.randint(1, 3))]
        for tree in self.trees:
            make_tree(rng, tree, os.path.join(root, "linked"))

    def entries(self) -> dict:
        return self.artifact.manifest.entries

    def record(self, op: dict, action) -> None:
        try:
            action()
            outcome = "ok"
        except (ValueError, FileNotFoundError):
            outcome = "refused"
        self.ops.append({**{k: v for k, v in op.items() if v is not None}, "outcome": outcome})

    def add_dir(self) -> None:
        rng, tree = self.rng, self.rng.choice(self.trees)
        name = rng.choice((None, None, some_path(rng), "top/"))
        found = {os.path.join(name or "", os.path.relpath(path, tree)): path for path in files_below(tree)}
        if not all(map(valid, found)):
            return  # it would fail halfway, and how far it gets depends on Python's threads
        merge = rng.random() < 0.3 or any(p in self.entries() and self.entries()[p].digest != md5(f) for p, f in found.items())
        op = {"op": "addDir", "path": tree, "name": name, "policy": self.policy(), "merge": merge}
        self.record(op, lambda: self.artifact.add_dir(tree, name=name, policy=op["policy"], merge=merge))

    def add_file(self) -> None:
        rng = self.rng
        path = rng.choice([f for tree in self.trees for f in files_below(tree)] or [self.trees[0]])
        name = rng.choice((None, None, some_path(rng), some_path(rng), rng.choice(BAD_NAMES), rng.choice([None, *self.entries()])))
        op = {"op": "addFile", "path": path, "name": name, "policy": self.policy()}
        # Python checks a temporary name only as it renames it, isofact as it is given.
        op |= {"overwrite": rng.random() < 0.5, "isTmp": name not in BAD_NAMES and rng.random() < 0.1}
        options = {"policy": op["policy"], "overwrite": op["overwrite"], "is_tmp": op["isTmp"]}
        self.record(op, lambda: self.artifact.add_file(path, name=name, **options))

    def new_file(self) -> None:
        name, text = some_path(self.rng), word(self.rng) * self.rng.randint(0, 50)
        if name in self.entries() or self.artifact._tmp_dir and os.path.lexists(os.path.join(self.artifact._tmp_dir.name, name)):
            return

        def write() -> None:
            with self.artifact.new_file(name, mode="x", encoding="utf-8") as file:
                file.write(text)

        try:
            self.record({"op": "newFile", "name": name, "text": text}, write)
        except OSError:
            pass  # Python writes below one directory of its own, where a file of another entry may be in the way

    def add_reference(self) -> None:
        rng = self.rng
        kind = rng.choice(("file", "file", "dir", "dir", "https", "http", "custom", "nameless", "bare", *(["s3"] if HAS_BOTO else [])))
        name, checksum = rng.choice((None, some_path(rng))), False
        if kind in ("file", "dir"):
            tree = rng.choice(self.trees)
            path = tree if kind == "dir" else rng.choice(files_below(tree) or [tree])
            uri, checksum = Path(path).as_uri(), rng.random() < 0.5
            name = name or f"references{len(self.ops)}"
            if not all(valid(os.path.join(name, os.path.relpath(f, tree))) for f in files_below(tree, follow=False)):
                return
        elif kind == "custom":
            uri, name, checksum = f"{rng.choice(('nfs', 'ipfs', 'x-y.z+1', 'UPPER'))}://host/{word(rng)}", name or some_path(rng), rng.random() < 0.5
        elif kind == "nameless":
            uri, name = "nfs://host/path", None
        elif kind == "bare":
            uri = rng.choice(("no-scheme", "/absolute/path", "relative/path", ""))
        else:
            uri = f"{kind}://host.test/dir/{rng.choice(('f.csv', 'a b', 'x%20y', 'sub/k.bin', word(rng).replace('/', '') or 'x'))}"
        op = {"op": "addReference", "uri": uri, "name": name, "checksum": checksum}
        self.record(op, lambda: self.artifact.add_reference(uri, name=name, checksum=checksum))

    def remove(self) -> None:
        paths = [*self.entries(), *(os.path.dirname(p) for p in self.entries() if "/" in p), "not there", "a/b/c/not"]
        path = self.rng.choice(paths)
        self.record({"op": "remove", "path": path}, lambda: self.artifact.remove(path))
        # An intended difference: Python goes on naming entries that are gone, isofact forgets them.
        added = self.artifact._added_local_paths
        for local in [local for local, entry in added.items() if entry.path not in self.entries()]:
            del added[local]

    def policy(self) -> str:
        return self.rng.choice(("mutable", "immutable"))

    def done(self) -> dict:
        local = {path: entry.path for path, entry in self.artifact._added_local_paths.items() if path.startswith(self.root)}
        manifest = self.artifact.manifest.to_manifest_json()
        return {"ops": self.ops, "local": local, "manifest": manifest, "digest": self.artifact.digest, "size": self.artifact.size}


def md5(path: str) -> str:
    with open(path, "rb") as file:
        return base64.b64encode(hashlib.md5(file.read()).digest()).decode()


def make_cases(directory: str, rng, count: int) -> dict:
    cases = []
    for i in range(count):
        case = Case(rng, os.path.join(os.path.abspath(directory), f"case {i}"))
        for _ in range(rng.randint(0, 8)):
            rng.choice((case.add_dir, case.add_dir, case.add_file, case.add_file, case.new_file, case.add_reference, case.add_reference, case.remove))()
        cases.append(case.done())
    return {"wandb": wandb.__version__, "s3": HAS_BOTO, "cases": cases}


def reread(path: str) -> list:
    """Manifest texts as Python reads them: decoded, and written down again."""
    with open(path, encoding="utf-8") as file:
        texts = json.load(file)
    read = [ArtifactManifest.from_manifest_json(json.loads(text)) for text in texts]
    return [{"digest": m.digest(), "size": m.size(), "manifest": m.to_manifest_json()} for m in read]
