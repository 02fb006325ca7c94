"""What `wandb.Api` reads and changes of what wire_log.py logged; in a process of its own, with nothing cached."""
import os
from datetime import timedelta

import wandb
from wandb.errors import CommError
from wire_report import facts_of, read_tree

TOUR = "birds/garden/tour"


def read(report, folder):
    api = wandb.Api()
    report.step(download, report, folder, api)
    report.step(look, report, api)
    report.step(list_all, report, api)
    report.step(lineage, report, api)
    report.step(edit, report, api)
    report.step(draft, report, folder, api)
    report.step(link, report, api)
    report.step(remove, report, api)
    report.step(collections, report, api)


def download(report, folder, api):
    artifact = api.artifact(f"{TOUR}:v0", type="dataset")
    root = artifact.download(os.path.join(folder, "tour"))
    artifact.verify(root)
    found = read_tree(root)
    report.same(sorted(found), sorted(artifact.manifest.entries), "the files of a download")
    report.same(found["notes/new.txt"], b"first\n", "a downloaded file")
    report.same(found["bin/one.bin"], bytes(range(256)) * 4096, "a larger downloaded file")
    report.same(found["tree/ünï çødé/☃ snow & <b> 100%.txt"], b"names travel\n", "a file with a long name")
    extra = os.path.join(root, "extra.txt")
    with open(extra, "w") as file:
        file.write("not of it")
    report.refuses(lambda: artifact.verify(root), ValueError, "verify with a file too many", "extra.txt")
    artifact.checkout(root)
    report.check(not os.path.exists(extra), "checkout removes what is not of it")
    with open(os.path.join(root, "notes/new.txt"), "w") as file:
        file.write("changed")
    report.refuses(lambda: artifact.verify(root), ValueError, "verify with a changed file", "notes/new.txt")
    part = artifact.download(os.path.join(folder, "part"), path_prefix="notes/")
    report.same(list(read_tree(part)), ["notes/new.txt"], "a download of one folder")
    report.facts["downloaded"] = facts_of(artifact)


def look(report, api):
    artifact = api.artifact(f"{TOUR}:first")
    report.same((artifact.name, artifact.version, artifact.source_name), ("tour:first", "v0", "tour:v0"), "names")
    names = [file.name for file in artifact.files(per_page=400)]
    report.same(sorted(names), sorted(artifact.manifest.entries), "files()")
    report.same(len(artifact.files()), artifact.file_count, "len(files())")
    (one,) = artifact.files(["notes/new.txt"])
    report.same((one.name, one.size), ("notes/new.txt", 6), "files() of one name")
    with one.download(root="listed", replace=True) as file:
        report.same(file.read(), "first\n", "a listed file, downloaded")
    with open(api.artifact(f"{TOUR}:v1").get_entry("notes/new.txt").download(root="entry")) as file:
        report.same(file.read(), "second\n", "an entry, downloaded by its fallback address")
    report.same(artifact.get("birds").data, [["wren", 7], ["swift", 2]], "a table")
    report.same(artifact.get("wren").image.size, (8, 8), "an image")
    report.refuses(lambda: artifact.get_entry("none.txt"), KeyError, "an entry that is not there")
    report.refuses(artifact.file, ValueError, "file() of many")
    with open(api.artifact("birds/garden/weights:v0").file("single"), "rb") as file:
        report.same(file.read(), b"\1\2\3" * 1000, "file() of one")
    report.same(api.artifact("birds/garden/weights:once-more").version, "v0", "a version that was fetched and logged again")
    report.check("/birds/garden/artifacts/dataset/tour/v0" in artifact.url, f"url {artifact.url}")
    report.check(len(artifact.commit_hash) > 0 and artifact.created_at.endswith("Z"), "commit hash and time")
    report.same(artifact.history_step, None, "history step")


def list_all(report, api):
    report.same([found.version for found in api.artifacts("dataset", TOUR)], ["v1", "v0"], "versions, newest first")
    report.same([found.version for found in api.artifacts("dataset", TOUR, tags=["raw"])], ["v0"], "versions with a tag")
    report.same([found.version for found in api.artifacts("dataset", TOUR, order="+version_index")], ["v0", "v1"], "versions, oldest first")
    types = {kind.name for kind in api.artifact_types("birds/garden")}
    report.check({"dataset", "tables", "model"} <= types, f"types {types}")
    names = sorted(found.name for found in api.artifact_collections("birds/garden", "dataset"))
    report.same(names, ["grown", "shared", "tour"], "collections of a type")
    by_type = api.artifact_type("tables", "birds/garden").collections()
    report.same(sorted(found.name for found in by_type), ["table-away", "table-home"], "collections through their type")
    report.same(api.artifact_exists(f"{TOUR}:first"), True, "a version exists")
    report.same(api.artifact_exists(f"{TOUR}:second"), False, "a version does not exist")
    report.same(api.artifact_exists("birds/nowhere/tour:v0"), False, "a project does not exist")
    report.same(api.artifact_collection_exists(TOUR, "dataset"), True, "a collection exists")
    report.same(api.artifact_collection_exists("birds/garden/none", "dataset"), False, "a collection does not exist")
    report.refuses(lambda: api.artifact(f"{TOUR}:second"), (CommError, ValueError), "a version that is not there")


def lineage(report, api):
    artifact = api.artifact(f"{TOUR}:v0")
    logger = artifact.logged_by()
    report.same((logger.entity, logger.project, logger.id, logger.name), ("birds", "garden", "logger", "the logger"), "logged by")
    report.same([run.id for run in artifact.used_by()], ["logger"], "used by")
    run = api.run("birds/garden/logger")
    logged = {found.source_name for found in run.logged_artifacts()}
    report.check({"tour:v0", "tour:v1", "grown:v0", "grown:v1", "shared:v0", "weights:v0"} <= logged, f"logged by the run: {logged}")
    used = {found.source_name for found in run.used_artifacts()}
    report.check({"tour:v0", "table-away:v0"} <= used, f"used by the run: {used}")
    report.same((run.state, run.config.get("lr")), ("finished", 0.1), "the run's state and config")
    report.same((sorted(run.tags), run.group, run.job_type), (["interop"], "tour", "produce"), "the run's tags, group and job type")


def edit(report, api):
    artifact = api.artifact(f"{TOUR}:v1")
    artifact.description = "Edited."
    artifact.metadata = {"edited": True, "answer": 43}
    artifact.aliases = ["latest", "edited", "first"]
    artifact.tags = ["fresh", "checked twice"]
    artifact.ttl = timedelta(days=7)
    artifact.save()
    again = api.artifact(f"{TOUR}:edited")
    report.same((again.version, again.description, again.metadata), ("v1", "Edited.", {"edited": True, "answer": 43}), "saved attributes")
    report.same((sorted(again.aliases), sorted(again.tags)), (["edited", "first", "latest"], ["checked twice", "fresh"]), "saved names")
    report.same(again.ttl, timedelta(days=7), "saved ttl")
    report.same(sorted(api.artifact(f"{TOUR}:v0").aliases), ["again"], "aliases that moved away")
    again.aliases.remove("edited")
    again.tags = ["fresh"]
    again.ttl = None
    again.save()
    last = api.artifact(f"{TOUR}:v1")
    report.same((sorted(last.aliases), last.tags, last.ttl), (["first", "latest"], ["fresh"], None), "what was taken away")
    last.ttl = wandb.ArtifactTTL.INHERIT
    last.save()
    report.same(api.artifact(f"{TOUR}:v1").ttl, None, "an inherited ttl")
    report.facts["edited"] = facts_of(last)


def draft(report, folder, api):
    base = api.artifact(f"{TOUR}:v1")
    new = base.new_draft()
    new.remove("notes/new.txt")
    with new.new_file("notes/third.txt") as file:
        file.write("third\n")
    with wandb.init(id="drafter", entity="birds", project="garden") as run:
        new = run.log_artifact(new).wait(60)
    report.same((new.version, new.file_count), ("v2", base.file_count), "a version made from a draft")
    report.same(new.get_entry("bin/one.bin").birth_artifact_id, api.artifact(f"{TOUR}:v0").id, "where its bytes were first stored")
    root = new.download(os.path.join(folder, "draft"))
    new.verify(root)
    report.facts["draft"] = facts_of(api.artifact(f"{TOUR}:v2"))


def link(report, api):
    artifact = api.artifact(f"{TOUR}:v0")
    linked = artifact.link("birds/garden/best-of", aliases=["prime"])
    report.same((linked.qualified_name, linked.version, linked.is_link), ("birds/garden/best-of:v0", "v0", True), "linked")
    report.same(sorted(linked.aliases), ["latest", "prime"], "aliases of a link")
    report.same([found.qualified_name for found in artifact.linked_artifacts], ["birds/garden/best-of:v0"], "linked artifacts")
    report.same(linked.source_artifact.qualified_name, "birds/garden/tour:v0", "source artifact")
    again = artifact.link("birds/garden/best-of")
    report.same(again.version, "v0", "linked once more")
    other = api.artifact(f"{TOUR}:v1").link("birds/garden/best-of")
    report.same((other.version, other.aliases), ("v1", ["latest"]), "another version linked")
    by_link = api.artifact("birds/garden/best-of:prime")
    by_link.aliases = ["prime", "choice"]
    by_link.save()
    report.same(sorted(api.artifact("birds/garden/best-of:v0").aliases), ["choice", "prime"], "aliases changed through a link")
    report.same("choice" in api.artifact(f"{TOUR}:v0").aliases, False, "which are not its source's")
    part = by_link.download("linked", path_prefix="notes/")
    report.same(list(read_tree(part)), ["notes/new.txt"], "downloaded through a link")
    portfolio = api.artifact_collection("dataset", "birds/garden/best-of")
    report.same((portfolio.is_sequence(), sorted(portfolio.aliases)), (False, ["choice", "latest", "prime"]), "the portfolio")
    other.unlink()
    report.same([found.version for found in portfolio.artifacts()], ["v0"], "after unlinking")
    report.refuses(artifact.unlink, ValueError, "unlinking what is no link")
    report.same(api.artifact_exists(f"{TOUR}:v1"), True, "the source of what was unlinked")


def remove(report, api):
    artifact = api.artifact(f"{TOUR}:v1")
    report.check(len(artifact.aliases) > 0, "it has aliases")
    report.refuses(artifact.delete, (CommError, ValueError), "deleting a version with aliases", "alias")
    artifact.delete(delete_aliases=True)
    report.same(api.artifact_exists(f"{TOUR}:v1"), False, "a deleted version")
    plain = api.artifact("birds/garden/grown:v0")
    plain.delete()
    report.same([found.version for found in api.artifacts("dataset", "birds/garden/grown")], ["v1"], "what is left")
    api.artifact("birds/garden/best-of:v0").delete()
    report.same(api.artifact_exists(f"{TOUR}:v0"), True, "the source of a link that was deleted")


def collections(report, api):
    collection = api.artifact_collection("dataset", "birds/garden/grown")
    collection.name = "grown-up"
    collection.description = "All of it."
    collection.tags = ["tall", "old"]
    collection.type = "archive"
    collection.save()
    again = api.artifact_collection("archive", "birds/garden/grown-up")
    report.same((again.description, sorted(again.tags), again.type), ("All of it.", ["old", "tall"], "archive"), "a collection, saved")
    again.tags = ["old"]
    again.save()
    report.same(api.artifact_collection("archive", "birds/garden/grown-up").tags, ["old"], "a tag taken away")
    report.same(api.artifact("birds/garden/grown-up:latest").type, "archive", "the type of its versions")
    report.same([found.version for found in again.artifacts()], ["v1"], "its versions")
    report.facts["collection"] = {"name": again.name, "type": again.type, "description": again.description, "tags": ["old"]}
    api.artifact_collection("dataset", "birds/garden/shared").delete()
    report.same(api.artifact_collection_exists("birds/garden/shared", "dataset"), False, "a deleted collection")
    api.artifact_collection("model", "birds/garden/shelf").delete()
    report.same(api.artifact_exists("birds/garden/weights:v0"), True, "what a deleted portfolio linked")


def offline(report, folder):
    """What was logged without a server and sent by `wandb sync`."""
    api = wandb.Api()
    found = api.artifact("birds/garden/kept:later")
    report.same((found.version, found.metadata, found.logged_by().id), ("v0", {"kept": True}, "offline"), "a version that was logged offline")
    report.same(read_tree(found.download("kept")), {"kept.txt": b"kept\n"}, "its files")
    report.same(api.artifact("birds/garden/run-offline-rows:v0").get("rows").data, [["wren"]], "a table that was logged offline")
