"""A run as files that work without cnnlab: a Keras script, a notebook, and a bundle with the images.

Script and notebook contain the same statements, from `cnnlab.export.source`: they build the network with the
same initial weights and train it on the same images in the same order. They need only Keras and NumPy.
"""

import io
import re
import zipfile
from importlib.metadata import PackageNotFoundError, version
from textwrap import fill
from typing import NamedTuple

import cnnlab
from cnnlab.data.augmentation import Augmentation
from cnnlab.data.registry import DATASETS, images_content
from cnnlab.data.split import validation_images
from cnnlab.export import loop, source
from cnnlab.export.source import IMAGES_FILE, keras_dataset
from cnnlab.models.step_results import CROSS_ENTROPY
from cnnlab.runs import Run, rate_in_force
from cnnlab.spec import DataSpec, network_title

REQUIRED = {
    "keras": "layers, optimizers, training",
    "numpy": "images",
    "tensorflow": "the backend of Keras; to use jax or torch instead, set KERAS_BACKEND",
}
LINE = 100  # characters
SETTINGS_WORDS = "The settings of the run in cnnlab."
DATA_WORDS = (
    "IMAGES of the training images are drawn at random, with equally many of each class where possible, and "
    "VALIDATION_IMAGES of them are used for validation. Drawing and ordering use separate streams of random "
    "numbers."
)
NETWORK_WORDS = (
    "Each layer that draws random numbers has its own seed, so the initial weights are always the same."
)
TRAINING_WORDS = (
    "The images have a different order in each epoch. Keras's own shuffling cannot be repeated, so fit gets "
    "the images in their order, one epoch per call; the optimizer keeps its state between the calls."
)
AUGMENTATION_WORDS = (
    "The training images are changed at random, anew in each epoch, by as much as AUGMENTATION says. What an "
    "image becomes depends on SEED, the epoch and its place among the training images. The loss and accuracy "
    "of the training are measured on the changed images; validation and test images stay as they are."
)
DECAY_WORDS = (
    "With its L2 weight decay, Keras's loss is the cross-entropy plus the penalty on the weights. cnnlab "
    f"trains on the same sum and reports the cross-entropy alone: compare it with {CROSS_ENTROPY}."
)
RESULT_WORDS = "The test images were not used in the training."


class Part(NamedTuple):
    """A step of the script, a section of the notebook."""

    title: str
    words: str
    code: str


def script(run: Run) -> str:
    """Python source that builds and trains the network of a run; run it as `python train.py`."""
    heading = "\n\n".join(fill(paragraph, LINE) for paragraph in [f"{title(run)}.", *_introduction(run)])
    sections = []
    for part in _parts(run, "Path(__file__).parent"):
        words = fill(part.words, LINE, initial_indent="# ", subsequent_indent="# ")
        sections.append(f"# {part.title}\n#\n{words}\n{part.code}")
    imports = source.imports(DATASETS[run.spec.data.dataset])
    return f'"""{heading}\n"""\n\n{imports}\n\n' + "\n\n\n".join(sections) + "\n"


def notebook(run: Run) -> str:
    """The same statements as a Jupyter notebook (format 4), in JSON."""
    import nbformat
    from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

    heading = "\n\n".join([f"# {title(run)}", *_introduction(run)])
    cells = [new_markdown_cell(heading), new_code_cell(source.imports(DATASETS[run.spec.data.dataset]))]
    for part in _parts(run, "Path.cwd()"):
        cells.append(new_markdown_cell(f"## {part.title}\n\n{part.words}"))
        cells.append(new_code_cell(part.code))
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number}"  # nbformat would draw one at random
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return nbformat.writes(new_notebook(cells=cells, metadata={"kernelspec": kernel}))


def bundle(run: Run) -> bytes:
    """A zip file: script, notebook, requirements and the images, unless Keras downloads these."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("train.py", script(run))
        archive.writestr("notebook.ipynb", notebook(run))
        archive.writestr("requirements.txt", requirements())
        if images := images_content(run.spec.data.dataset, run.spec.data.source):
            archive.writestr(IMAGES_FILE, images)
    return buffer.getvalue()


def requirements() -> str:
    """The lines of a requirements.txt for script and notebook, with the versions installed here."""
    return "".join(f"{_pinned(name)}  # {reason}\n" for name, reason in REQUIRED.items())


def _pinned(name: str) -> str:
    """A package and its version here; its name alone if another one replaces it, as tensorflow-cpu does."""
    try:
        return f"{name}=={version(name)}"
    except PackageNotFoundError:
        return name


def title(run: Run) -> str:
    """The network and its data set, after the run's name if somebody changed it."""
    network = network_title(run.spec.model)
    words = f"{network} on {_plain(DATASETS[run.spec.data.dataset].title)}"
    name = _plain(run.name)
    return f"{name}: {words}" if name not in ("", network) else words


def file_name(run: Run, ending: str) -> str:
    """The name of a download: 'cnn-64-64_0a1b2c3d' and the ending, such as '.py'."""
    return f"{slug(run.name)}_{re.sub(r'[^A-Za-z0-9]', '', run.run_id)[:8]}{ending}"


def slug(text: str) -> str:
    """Text as a file name that is valid on every system: 'cnn-64-64'."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower())[:60].strip("-") or "run"


def _plain(text: str) -> str:
    """A name that somebody typed, made safe for a docstring and for Markdown."""
    return " ".join(re.sub(r'[\\"<>`*_#\[\]]', " ", text).split())


def _introduction(run: Run) -> list[str]:
    """Paragraphs: what this is, and how it differs from the stored run."""
    return [
        f"Written by cnnlab {cnnlab.__version__} from run {_plain(run.run_id)}. It builds the network with "
        "the same initial weights and trains it on the same images in the same order. Loss and accuracy of "
        "the first epoch are those of the run up to rounding. cnnlab and Keras's fit add numbers up in "
        "another order, and training magnifies such differences from epoch to epoch.",
        image_source(run.spec.data),
        *_differences(run),
        *([DECAY_WORDS] if run.spec.training.l2 else []),
    ]


def image_source(data: DataSpec) -> str:
    """Where the script finds its images, in a sentence."""
    if DATASETS[data.dataset].own:
        return (
            f"The images are in {IMAGES_FILE}, which cnnlab's bundle contains too; if it is not in the same "
            "folder, its path is asked for. Their fingerprint is checked."
        )
    module = keras_dataset(data)
    if not module:
        return f"The images are in {IMAGES_FILE}, which cnnlab's bundle contains too."
    return (
        f"The images are downloaded by {module}, unless a file {IMAGES_FILE} with "
        "x_train, y_train, x_test and y_test is in the same folder."
    )


def _differences(run: Run) -> list[str]:
    """Where the run was not trained exactly as its settings say."""
    differences = []
    if run.status != "finished":
        differences.append(
            f"In cnnlab this run did not complete all its epochs: it is {run.status}. Here all are trained."
        )
    rate = run.spec.training.learning_rate
    last = run.metrics.get(rate_in_force(run.metrics), rate)
    if abs(last - rate) > 1e-5 * rate:  # more than float32 rounds off
        differences.append(
            "In cnnlab the learning rate was changed by hand during the training: it began with "
            f"{rate:g} and ended with {last:g}. Here it is {rate:g} "
            f"{'throughout' if run.spec.training.schedule == 'constant' else 'at its highest'}."
        )
    return differences


def _parts(run: Run, folder: str) -> list[Part]:
    """The steps; `folder` is a Python expression for the folder of the images."""
    spec = run.spec
    info = DATASETS[spec.data.dataset]
    augmentation = Augmentation.of(spec)
    augmenting = (
        [Part("Augmentation", AUGMENTATION_WORDS, source.augmenting(augmentation))] if augmentation else []
    )
    network = source.network(
        spec.model, info.input_shape, len(info.classes), spec.training.seed, spec.training.l2
    )
    return [
        Part("Settings", SETTINGS_WORDS, _settings(run, folder)),
        Part("Data", DATA_WORDS, source.data(spec.data, info)),
        *augmenting,
        Part("Network", NETWORK_WORDS, f"{network}\n{source.compilation(spec.training)}\nmodel.summary()"),
        Part(
            "Training",
            " ".join([TRAINING_WORDS, *loop.words(spec.training)]),
            loop.training(spec.training, augmentation is not None),
        ),
        Part("Result", RESULT_WORDS, _result(run)),
    ]


def _settings(run: Run, folder: str) -> str:
    data, training = run.spec.data, run.spec.training
    return (
        f"FOLDER = {folder}\n"
        f"IMAGES = {data.images}  # drawn from all training images\n"
        f"VALIDATION_IMAGES = {validation_images(data)}  # of these, for validation\n"
        f"BATCH_SIZE = {training.batch_size}\n"
        f"EPOCHS = {training.epochs}\n"
        f"SEED = {training.seed}"
    )


def _result(run: Run) -> str:
    """The evaluation, and for comparison the result of the stored run if it has one."""
    loss_name = CROSS_ENTROPY if run.spec.training.l2 else "loss"
    lines = [
        "for epoch, metrics in enumerate(history, start=1):",
        '    print(f"Epoch {epoch}:", ", ".join(f"{name} {metrics[name]:.4f}" for name in metrics))',
        "tested = model.evaluate(x_test, y_test, verbose=0, return_dict=True)",
        f'test_loss, test_accuracy = tested["{loss_name}"], tested["accuracy"]',
        'print(f"Test: loss {test_loss:.4f}, accuracy {test_accuracy:.4f}")',
    ]
    if {"test_loss", "test_accuracy"} <= run.metrics.keys():
        loss, accuracy = run.metrics["test_loss"], run.metrics["test_accuracy"]
        lines.append(f'print("In cnnlab: loss {loss:.4f}, accuracy {accuracy:.4f}")')
    return "\n".join([*lines, 'model.save(FOLDER / "retrained.keras")'])
