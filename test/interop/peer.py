#!/usr/bin/env python3
"""The Python side of the interop check: does things with the installed `wandb` package and writes down what came of it.

usage: peer.py trees DIR --seed N --count N    random artifacts: inputs and DIR/trees.json
       peer.py reread DIR                      DIR/encoded.json, manifests written by isofact -> DIR/reread.json
       peer.py names DIR --seed N --count N    generated strings and Python's verdict on each -> DIR/names.json
       peer.py cache-write DIR                 blobs put into the cache DIR/cache -> DIR/cache.json
       peer.py cache-read DIR                  which digests of DIR/ours.json are hits -> DIR/hits.json
       peer.py documents DIR                   every GraphQL document of the package -> DIR/documents.json
"""
import argparse
import json
import os
import random

parser = argparse.ArgumentParser()
parser.add_argument("command", choices=("trees", "reread", "names", "cache-write", "cache-read", "documents"))
parser.add_argument("dir")
parser.add_argument("--seed", type=int, default=1)
parser.add_argument("--count", type=int, default=100)
args = parser.parse_args()

os.environ["WANDB_MODE"] = "offline"
for variable in ("WANDB_CACHE_DIR", "WANDB_DATA_DIR", "WANDB_CONFIG_DIR"):
    os.environ[variable] = os.path.join(args.dir, variable.lower())
    os.makedirs(os.environ[variable], exist_ok=True)

import peer_cache  # noqa: E402
import peer_documents  # noqa: E402
import peer_names  # noqa: E402
import peer_trees  # noqa: E402

run = {
    "trees": lambda: ("trees.json", peer_trees.make_cases(args.dir, random.Random(args.seed), args.count)),
    "reread": lambda: ("reread.json", peer_trees.reread(os.path.join(args.dir, "encoded.json"))),
    "names": lambda: ("names.json", peer_names.judge(random.Random(args.seed), args.count)),
    "cache-write": lambda: ("cache.json", peer_cache.write(os.path.join(args.dir, "cache"))),
    "documents": lambda: ("documents.json", peer_documents.collect()),
    "cache-read": lambda: ("hits.json", peer_cache.read(os.path.join(args.dir, "cache"), os.path.join(args.dir, "ours.json"))),
}
name, answer = run[args.command]()
with open(os.path.join(args.dir, name), "w", encoding="ascii") as file:
    json.dump(answer, file)
