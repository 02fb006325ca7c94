"""W&B's registries: projects of the organization, into which versions are linked."""
import base64
import os

import wandb
from wire_files import write
from wire_report import read_tree


def registries(report, folder):
    api = wandb.Api()
    report.step(create, report, api)
    report.step(fill, report, folder, api)
    report.step(stray, report)
    report.step(elsewhere, report, folder)
    report.step(search, report, api)
    report.step(change, report, api)
    report.step(delete, report, api)


def create(report, api):
    made = api.create_registry("zoo", visibility="organization", description="Animals.", artifact_types=["dataset"])
    report.same((made.name, made.full_name, made.organization), ("zoo", "wandb-registry-zoo", "birds"), "a registry")
    report.same((made.description, list(made.artifact_types), made.visibility), ("Animals.", ["dataset"], "organization"), "its attributes")
    report.refuses(lambda: api.create_registry("zoo", visibility="organization"), ValueError, "a second of its name", "already exists")
    api.create_registry("park", visibility="organization")
    report.refuses(lambda: api.create_registry("cave", visibility="restricted"), ValueError, "a registry that not all may see")
    report.same(api.registry("park").allow_all_artifact_types, True, "types of a registry that names none")
    report.same(sorted(found.name for found in api.registries()), ["park", "zoo"], "registries()")
    report.refuses(lambda: api.registry("none"), ValueError, "a registry that is not there")


def fill(report, folder, api):
    with wandb.init(id="keeper", entity="birds", project="aviary") as run:
        for at in range(2):
            artifact = wandb.Artifact("owls", "dataset", metadata={"round": at})
            artifact.add_file(write(os.path.join(folder, "owl.txt"), f"owl {at}\n"))
            linked = run.log_artifact(artifact, tags=["nightly"]).wait(60).link("wandb-registry-zoo/owls", aliases=[f"round{at}"])
            report.same((linked.project, linked.version), ("wandb-registry-zoo", f"v{at}"), "linked into a registry")
        model = wandb.Artifact("model", "model")
        model.add_file(write(os.path.join(folder, "model.txt"), "a model\n"))
        model = run.log_artifact(model).wait(60)
        report.refuses(lambda: model.link("wandb-registry-zoo/models"), (ValueError, wandb.errors.CommError), "a type the registry does not take")
        report.refuses(lambda: run.link_artifact(model, "wandb-registry-nope/models"), wandb.errors.CommError, "a link into a registry that is not there", "There is no registry")
        used = run.use_artifact("wandb-registry-zoo/owls:round0")
        report.same(used.source_qualified_name, "birds/aviary/owls:v0", "used from a registry")
    fetched = api.artifact("wandb-registry-zoo/owls:round1")
    report.same((fetched.qualified_name, sorted(fetched.aliases)), ("birds/wandb-registry-zoo/owls:round1", ["latest", "round1"]), "fetched from a registry")
    report.same(read_tree(fetched.download("from-registry")), {"owl.txt": b"owl 1\n"}, "downloaded from a registry")
    report.check("/orgs/birds/registry/zoo?" in fetched.url, f"its page: {fetched.url}")


def stray(report):
    def refuses(what, words, **place):
        report.refuses(lambda: wandb.init(**place), wandb.errors.CommError, what, words)

    refuses("a run in a registry", "is a registry", entity="birds", project="wandb-registry-zoo")
    refuses("a run of a misspelt entity", "it is for the entities birds, flock", entity="brids", project="aviary")
    report.refuses(lambda: wandb.Api().create_registry("zoo", visibility="organization", organization="brids"), wandb.errors.CommError, "a registry of a misspelt organization", "not found")


def elsewhere(report, folder):
    """A run of an entity that is not the key's own links into a registry there."""
    with wandb.init(id="guest", entity="flock", project="aviary") as run:
        artifact = wandb.Artifact("geese", "dataset")
        artifact.add_file(write(os.path.join(folder, "goose.txt"), "a goose\n"))
        linked = run.link_artifact(run.log_artifact(artifact), "wandb-registry-dataset/geese")
    report.same(linked.qualified_name, "flock/wandb-registry-dataset/geese:v0", "linked into a registry of another entity")
    found = wandb.Api().artifact(linked.qualified_name)
    report.same(found.source_qualified_name, "flock/aviary/geese:v0", "fetched from there by its name")


def search(report, api):
    zoo = api.registry("zoo")
    report.same([found.name for found in zoo.collections()], ["owls"], "collections of a registry")
    report.same(sorted(found.version for found in zoo.versions()), ["v0", "v1"], "versions of a registry")
    report.same([found.version for found in zoo.versions(filter={"alias": "round0"})], ["v0"], "versions with an alias")
    report.same(sorted(found.version for found in api.registries().versions(filter={"tag": "nightly"})), ["v0", "v1"], "versions with a tag")
    report.same([found.name for found in api.registries(filter={"name": {"$regex": "zo"}}).collections()], ["owls"], "registries by their names")
    report.same([found.name for found in api.registries().collections(filter={"name": "none"})], [], "collections of another name")


def change(report, api):
    zoo = api.registry("zoo")
    zoo.description = "More animals."
    zoo.artifact_types.append("model")
    zoo.save()
    again = api.registry("zoo")
    report.same((again.description, sorted(again.artifact_types)), ("More animals.", ["dataset", "model"]), "a registry, saved")
    again.allow_all_artifact_types = True
    again.save()
    report.same(api.registry("zoo").allow_all_artifact_types, True, "a registry that takes any type")
    again.allow_all_artifact_types = False
    again.save()
    again = api.registry("zoo")
    report.same((again.allow_all_artifact_types, sorted(again.artifact_types)), (False, ["dataset", "model"]), "its types after that")
    again.name = "menagerie"
    again.save()
    report.same(again.full_name, "wandb-registry-menagerie", "a registry, renamed")
    report.same(sorted(found.name for found in api.registries()), ["menagerie", "park"], "registries() after that")
    moved = api.artifact("wandb-registry-menagerie/owls:round1")
    report.same((moved.version, moved.source_qualified_name), ("v1", "birds/aviary/owls:v1"), "what is linked there, by the new name")
    again.name = "park"
    report.refuses(again.save, Exception, "a name that is taken", "choose another name")
    back = api.registry("menagerie")
    back.name = "zoo"
    back.save()
    user = base64.b64encode(b"User:1").decode()
    report.same([(member.user.username, member.role) for member in back.user_members()], [(api.viewer.username, "admin")], "who may use a registry, as far as a key knows")
    report.same((len(back.members()), back.team_members()), (1, []), "members of a registry")
    report.refuses(lambda: back.add_members(user), Exception, "members of a registry, which keys decide here")
    collection = api.artifact_collection("dataset", "birds/wandb-registry-zoo/owls")
    collection.description = "Owls."
    collection.tags = ["night"]
    collection.save()
    (found,) = api.registry("zoo").collections(filter={"tag": "night"})
    report.same((found.description, found.tags), ("Owls.", ["night"]), "a registry's collection, saved")


def delete(report, api):
    linked = api.artifact("wandb-registry-zoo/owls:round0")
    linked.unlink()
    report.same([found.version for found in api.registry("zoo").versions()], ["v1"], "unlinked from a registry")
    api.registry("park").delete()
    report.same([found.name for found in api.registries()], ["zoo"], "after deleting one")
