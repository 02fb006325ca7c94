"""Every GraphQL document of the installed `wandb` package, in its Python sources and in wandb-core."""
import ast
import os
import re

import wandb

OPERATION = re.compile(r"\s*(?:#graphql\s*)?(?:query|mutation|fragment)\s+\w+")
IN_CORE = re.compile(rb"(?:query|mutation) \w+ ?[({]")
FRAGMENT = re.compile(rb"\s*fragment \w+ on \w+ ")
LONGEST = 20_000


def collect():
    root = os.path.dirname(wandb.__file__)
    with open(os.path.join(root, "bin", "wandb-core"), "rb") as file:
        return {"version": wandb.__version__, "python": list(in_sources(root)), "core": sorted(set(in_core(file.read())))}


def in_sources(root):
    for folder, _, names in os.walk(root):
        for name in names:
            path = os.path.join(folder, name)
            if not name.endswith(".py"):
                continue
            with open(path, encoding="utf-8") as file:
                for text in texts(ast.parse(file.read())):
                    if OPERATION.match(text) and "{" in text:
                        yield [os.path.relpath(path, root), text]


def texts(tree):
    joined = [node for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)]
    parts = {id(part) for node in joined for part in node.values}
    yield from map(fill, joined)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in parts:
            yield node.value


def fill(node):
    """A text with something put in. The names of fragments matter; the rest is left out."""
    text = ""
    for part in node.values:
        if isinstance(part, ast.Constant):
            text += part.value
        elif text.endswith("..."):
            text += "PutIn"
    return text


def in_core(data):
    """They stand in the program as they are, each with its fragments behind it."""
    for match in IN_CORE.finditer(data):
        end = end_of(data, match.start())
        while end is not None and (fragment := FRAGMENT.match(data, end)):
            end = end_of(data, fragment.end())
        if end is not None:
            yield data[match.start() : end].decode()


def end_of(data, start):
    """Behind the first `{…}` that is in no parentheses; None where no document stands."""
    braces = parentheses = 0
    for at in range(start, min(start + LONGEST, len(data))):
        char = chr(data[at])
        braces += (char == "{") - (char == "}")
        parentheses += (char == "(") - (char == ")")
        if char == "}" and braces == parentheses == 0:
            return at + 1
        if braces < 0 or not (char.isspace() or " " <= char <= "~"):
            return None
    return None
