"""Media of every class, logged by Python for isofact to read, and isofact's read by Python. media.ts makes the same."""
import os

import numpy
import wandb

GIVEN = os.environ["INTEROP_MEDIA"]
FAR = os.environ["INTEROP_FAR"]


def given(name):
    return os.path.join(GIVEN, name)


def pixels(channels):
    return numpy.arange(12 * channels, dtype="uint8").reshape(3, 4, channels) * 5


def samples(kind):
    return numpy.frombuffer(open(given("samples.f64"), "rb").read(), dtype="float64").astype(kind)


def corners():
    return [[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 0.5)]


def objects():
    seen = {
        "box_data": [
            {"position": {"minX": 0.1, "maxX": 0.5, "minY": 0, "maxY": 1}, "class_id": 1, "scores": {"sure": 0.25}, "box_caption": "ara"},
            {"position": {"middle": [1, 2], "width": 2, "height": 3}, "class_id": 3, "domain": "pixel"},
        ],
        "class_labels": {1: "ara", 3: "bee-eater"},
    }
    guessed = {"box_data": [{"position": {"minX": 0, "maxX": 1, "minY": 0, "maxY": 1}, "class_id": 7}]}
    mask = {"mask_data": numpy.array([[0, 1, 2, 2]] * 3, dtype="uint8"), "class_labels": {0: "air", 1: "ara", 2: "twig's"}}
    bird = wandb.Image(given("bird.png"), caption="an ära", grouping=2, classes=[{"id": 9, "name": "c"}, {"id": 1, "name": "b"}], boxes={"seen": seen, "guessed": guessed})
    over = wandb.Image(given("BIRD.PNG"), caption="", grouping=0, classes=wandb.Classes([{"id": 4, "name": "dove"}]), masks={"of": {"path": given("mask.png"), "class_labels": {1: "ara"}}})
    masked = wandb.Image(pixels(3), boxes={"seen": guessed}, masks={"a": mask, "b": {"mask_data": numpy.eye(3, 4, dtype="uint8")}})
    sound = wandb.Audio(samples("float64"), sample_rate=8000, caption="a song")
    film = wandb.Video(given("film.mp4"), caption="a film")
    page = wandb.Html("<html><head>\n<title>ä</title></head> </html> \n")
    points = numpy.array([[0, -0.0, 1e-5], [1e-6, 1.5e16, 1e15], [0.1, 1e21, 123456.5]])
    cloud = wandb.Object3D(points, caption="a cloud")
    molecule = wandb.Molecule(given("ligand.pdb"), caption="a ligand")
    album = wandb.Table(
        columns=["id", "image", "sound", "film", "page", "cloud", "molecule"],
        data=[[1, bird, sound, film, page, cloud, molecule], [2, masked, None, None, None, None, None], [3, over, None, None, None, None, None]],
    )
    ids = wandb.Table(columns=["class"], data=[[1], [10], [2]])
    named = wandb.Classes([{"id": number, "name": f"n{number}"} for number in (1, 2, 10)])
    ids.cast("class", named.get_type() if hasattr(named, "get_type") else named)
    return {
        "classes": wandb.Classes([{"id": 0, "name": "person"}, {"id": "k", "name": "café's \"x\""}]),
        "bird": bird,
        "again": wandb.Image(given("bird.png")),
        "over": over,
        "copy": wandb.Image(bird, caption="not this"),
        "far": wandb.Image(FAR + "/puppy.png?size=2", caption="a puppy"),
        "masked": masked,
        "grey": wandb.Image(pixels(1)),
        "alpha": wandb.Image(pixels(4), caption="glass"),
        "floats": wandb.Image(pixels(3).astype("float64") + 0.75),
        "sound": sound,
        "stereo": wandb.Audio(samples("float32").reshape(-1, 2), sample_rate=44100, caption="two"),
        "whole": wandb.Audio((samples("float64") * 20000).astype("int16"), sample_rate=16000, caption="16 bits"),
        "voice": wandb.Audio(given("voice.wav"), caption="a voice"),
        "farther": wandb.Audio(FAR + "/song.wav", caption="a song"),
        "film": film,
        "loud": wandb.Video(given("LOUD.GIF")),
        "page": page,
        "headless": wandb.Html(" <html><p>no head</p></html>"),
        "bare": wandb.Html("<p>Grüße</p>\n"),
        "as-is": wandb.Html("<p>as is</p>\n", inject=False),
        "kept-page": wandb.Html(given("page.html"), inject=False),
        "own-page": wandb.Html(given("page.html")),
        "molecule": molecule,
        "cloud": cloud,
        "whole-cloud": wandb.Object3D(numpy.array([[1, 2, 3, 4], [5, 6, 7, 14]])),
        "small-cloud": wandb.Object3D(numpy.array([[0.1, 2, 3, 4, 5, 255]], dtype="float32")),
        "scene": wandb.Object3D(
            {
                "type": "lidar/beta",
                "points": numpy.array([[0.5, 1, 2]]),
                "boxes": numpy.array([{"corners": corners(), "label": "Baum ä", "color": [255, 0, 0]}]),
                "vectors": numpy.array([{"start": [0, 0, 0], "end": [0.1, 0.2, 0.5]}]),
            }
        ),
        "kept-cloud": wandb.Object3D(given("cloud.pts.json")),
        "album": album,
        "ids": ids,
    }


def log(report, folder):
    with wandb.init(id="media-python") as run:
        artifact = wandb.Artifact("media-python", "dataset")
        for name, obj in objects().items():
            artifact.add(obj, name)
        entries = artifact.manifest.entries
        report.facts["entries"] = {path: [entry.size, entry.digest, entry.ref] for path, entry in entries.items()}
        report.facts["texts"] = {
            path: open(entry.local_path, encoding="utf-8").read()
            for path, entry in entries.items()
            if entry.local_path and path.endswith(".json")
        }
        run.log_artifact(artifact).wait(60)


def read(report, folder):
    artifact = wandb.Api().artifact("birds/garden/media-isofact:latest")
    for name, expected in objects().items():
        report.step(same, report, name, artifact.get(name), expected)
    bokeh = artifact.get_entry("plot.bokeh-file.json")
    report.check(bokeh is not None, "a document of Bokeh")


def same(report, name, found, expected):
    report.same(type(found).__name__, type(expected).__name__, f"{name}: its class")
    if isinstance(expected, wandb.Table):
        report.same(found.columns, expected.columns, f"{name}: columns")
        report.same(len(found.data), len(expected.data), f"{name}: rows")
        report.same(found._column_types.to_json(), expected._column_types.to_json(), f"{name}: types") if name == "album" else None
        for at, (row, other) in enumerate(zip(found.data, expected.data)):
            for column, cell, wanted in zip(found.columns, row, other):
                same(report, f"{name}[{at}].{column}", cell, wanted)
    elif isinstance(expected, wandb.Classes):
        report.same(found._class_set, expected._class_set, f"{name}: classes")
    elif isinstance(expected, wandb.Image):
        same_image(report, name, found, expected)
    elif isinstance(expected, wandb.sdk.data_types.base_types.media.Media):
        report.same(open(found._path, "rb").read() == content(expected), True, f"{name}: its file")
        if isinstance(expected, wandb.Audio):
            report.same(found._caption, expected._caption, f"{name}: its caption")
    else:
        report.same(found, expected, f"{name}: the value")


def same_image(report, name, found, expected):
    report.same(found._caption, expected._caption, f"{name}: its caption")
    report.same(found._grouping, expected._grouping or None, f"{name}: its group")
    if str(expected._path).startswith("http"):
        report.same(numpy.asarray(found.image).shape, (2, 3, 3), f"{name}: what is elsewhere")
        return
    report.same([found._width, found._height], [expected._width, expected._height], f"{name}: its size")
    report.same(numpy.asarray(found.image).tolist(), numpy.asarray(expected.image).tolist(), f"{name}: its pixels")
    classes = lambda image: image._classes and {c["id"]: c["name"] for c in image._classes._class_set}
    report.check((classes(expected) or {}).items() <= (classes(found) or {}).items(), f"{name}: its classes")
    report.same({k: v._val for k, v in (found._boxes or {}).items()}, {k: v._val for k, v in (expected._boxes or {}).items()}, f"{name}: its boxes")
    masks = lambda image: {k: numpy.asarray(wandb.Image(v._path).image).tolist() for k, v in (image._masks or {}).items()}
    report.same(masks(found), masks(expected), f"{name}: its masks")


def content(media):
    path = str(media._path)
    return b"a song" if path.startswith("http") else open(path, "rb").read()
