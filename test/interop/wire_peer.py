#!/usr/bin/env python3
"""Python's `wandb` against a server, as one process of the interop check: what the environment names is where it goes.

usage: wire_peer.py COMMAND DIR    works in DIR and writes what it found to DIR/report.json
"""
import os
import sys

from wire_report import Report

command, folder = sys.argv[1:]
os.chdir(folder)

import wire_cross  # noqa: E402
import wire_large  # noqa: E402
import wire_log  # noqa: E402
import wire_read  # noqa: E402
import wire_registry  # noqa: E402
import wire_runs  # noqa: E402

commands = {
    "log": wire_log.log,
    "race": wire_log.race,
    "read": wire_read.read,
    "offline": wire_log.offline,
    "offline-read": wire_read.offline,
    "registries": wire_registry.registries,
    "runs": wire_runs.runs,
    "cross-log": wire_cross.log,
    "cross-read": wire_cross.read,
    "large-log": wire_large.log,
    "large-read": wire_large.read,
}
if command.startswith("tables-"):
    # This one and that of media need numpy.
    import wire_tables

    commands |= {
        "tables-log": wire_tables.log,
        "tables-read": wire_tables.read,
        "tables-again": wire_tables.again,
        "tables-random": wire_tables.random,
    }
if command.startswith("media-"):
    import wire_media

    commands |= {"media-log": wire_media.log, "media-read": wire_media.read}
report = Report()
report.step(commands[command], report, folder)
report.save(os.path.join(folder, "report.json"))
