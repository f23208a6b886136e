"""A network and its training as plain Keras source, one call for each layer, for people to read.

The layers and their seeds are those of `cnnlab.arithmetic.plan`. The functions that draw, order, scale and
augment the images are copied from the source of `cnnlab.data`, so the script always computes what cnnlab
computes.
"""

import ast
import inspect
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cnnlab.arithmetic.plan import (
    INPUT_NAME,
    OWN_TYPES,
    Argument,
    Conv2D,
    Dense,
    Dropout,
    Layer,
    arguments,
    model_name,
    plan,
)
from cnnlab.data import augmentation, pixels, sampling
from cnnlab.data.augmentation import Augmentation
from cnnlab.data.catalogue import DatasetInfo
from cnnlab.data.fingerprint import ARRAYS, fingerprint
from cnnlab.models.step_results import CROSS_ENTROPY
from cnnlab.spec import OPTIMIZERS, ConvNetSpec, DataSpec, DenseSpec, TrainingSpec

LINE = 100  # characters
IMAGES_FILE = "images.npz"
KERAS_DATASETS = {"fashion-mnist": "fashion_mnist", "mnist": "mnist", "cifar-10": "cifar10"}  # full sets
KERAS_COLUMNS = ("cifar-10",)  # sets whose labels Keras gives in a column, (N, 1)
IMPORTS = "from pathlib import Path\n\nimport keras\nimport numpy as np"
_AUGMENTED_EPOCH = """\
def augmented_epoch(x, order, epoch):
    \"\"\"The training images in the order of an epoch, augmented batch by batch to save memory.\"\"\"
    numbers, images = random_numbers(len(x), SEED, epoch), np.empty_like(x)
    for start in range(0, len(x), BATCH_SIZE):
        batch = order[start : start + BATCH_SIZE]
        changed = augmented({images}, numbers[batch], **AUGMENTATION)
        images[start : start + BATCH_SIZE] = {changed}
    return images"""
_READING = """\
with np.load(FOLDER / "images.npz", allow_pickle=False) as stored:
    images, labels = stored["x_train"], stored["y_train"]
    test_images, test_labels = stored["x_test"], stored["y_test"]"""
_OWN_READING = """\
images_file = FOLDER / "images.npz"
if not images_file.exists():
    images_file = Path(input("Where are the images? Path of the file images.npz: "))
with np.load(images_file, allow_pickle=False) as stored:
    arrays = dict(stored)
if fingerprint(CLASSES, arrays) != FINGERPRINT:
    raise ValueError(f"{images_file} does not hold the images of this run.")
images, labels = arrays["x_train"], arrays["y_train"]
test_images, test_labels = arrays["x_test"], arrays["y_test"]"""
_MODELS = Path(__file__).parents[1] / "models"
_NOTE_FOR_LINTERS = re.compile(r"  # noqa.*")


def imports(info: DatasetInfo) -> str:
    """The import statements of all that the other functions write for a data set."""
    return f"import hashlib\n{IMPORTS}" if info.own else IMPORTS


def network(
    model: ConvNetSpec | DenseSpec,
    input_shape: tuple[int, int, int],
    classes: int,
    seed: int,
    l2: float = 0.0,
) -> str:
    """Statements that define `model`, the network that `cnnlab.models.build` builds of the same settings."""
    layers = plan(model, classes, seed, l2)
    calls = [_call("keras.Input", [str(input_shape), f'name="{INPUT_NAME}"']), *map(_layer, layers)]
    indented = "".join(f"        {line}\n" for call in calls for line in f"{call},".splitlines())
    built = f'model = keras.Sequential(\n    [\n{indented}    ],\n    name="{model_name(model)}",\n)'
    own = sorted({layer.type for layer in layers} & OWN_TYPES)
    return "\n\n\n".join([*(definition_in_models("layers.py", name) for name in own), built])


def compilation(training: TrainingSpec) -> str:
    """The statement that compiles `model` as cnnlab's own training does."""
    choice = OPTIMIZERS[training.optimizer]
    settings = {"learning_rate": training.learning_rate, **choice.arguments}
    listed = ", ".join(f"{name}={value!r}" for name, value in settings.items())
    metrics = f'"accuracy", "{CROSS_ENTROPY}"' if training.l2 else '"accuracy"'
    return (
        "model.compile(\n"
        f"    optimizer=keras.optimizers.{choice.keras_class}({listed}),\n"
        f'    loss="{CROSS_ENTROPY}",\n'
        f"    metrics=[{metrics}],\n"
        "    # TensorFlow's own convolutions are faster on a CPU than those that XLA compiles.\n"
        '    jit_compile=False if keras.backend.backend() == "tensorflow" else "auto",\n'
        ")"
    )


def data(data: DataSpec, info: DatasetInfo) -> str:
    """Statements that define x_train, y_train, x_validation, y_validation, x_test and y_test.

    They use FOLDER, IMAGES, VALIDATION_IMAGES and SEED. The images of a person's own data set must have its
    fingerprint.
    """
    side = ", ".join(map(str, info.input_shape))
    prepared = "{}.astype(np.float32)" if data.pixels == "raw" else "scaled({})"
    if data.shuffled_pixels:
        prepared = f"shuffled({prepared})"
    flat = ".ravel()" if data.dataset in KERAS_COLUMNS else ""
    statements = [
        f"{_loading(data, info)}\n",
        f"images = images.reshape(-1, {side})",
        f"labels = labels{flat}.astype(np.int64)",
        "train, validation = split_indices(labels, IMAGES, VALIDATION_IMAGES, SEED)",
        f"x_train, y_train = {prepared.format('images[train]')}, labels[train]",
        f"x_validation, y_validation = {prepared.format('images[validation]')}, labels[validation]",
        f"x_test = {prepared.format(f'test_images.reshape(-1, {side})')}",
        f"y_test = test_labels{flat}.astype(np.int64)",
        'print(f"{len(x_train)} training, {len(x_validation)} validation and {len(x_test)} test images")',
    ]
    return f"{_data_functions(data, info)}\n\n\n" + "\n".join(statements)


def augmenting(settings: Augmentation) -> str:
    """Statements that define `augmented_epoch`, the images of an epoch as cnnlab augments them.

    They use `shuffled` and `pixel_order` where pixels are shuffled, and SEED and BATCH_SIZE.
    """
    functions: list[Callable[..., Any]] = [
        augmentation.random_numbers,
        augmentation.affine_matrices,
        augmentation.resampled,
        augmentation.contrast_factors,
        augmentation.contrasted,
        augmentation.noise_table,
        augmentation.noise_starts,
        augmentation.noisy,
        augmentation.augmented,
    ]
    numbers = "\n".join(
        f"{name} = {getattr(augmentation, name)}"
        for name in ("AUGMENT_STREAM", "NOISE_STREAM", "NOISE_VALUES")
    )
    table = "noise_table(SEED)" if settings.noise else "None"
    chosen = (
        "AUGMENTATION = {\n"
        f'    "shift": {settings.shift!r},  # up to this share of height and width\n'
        f'    "turn": {settings.turn!r},  # up to so many degrees\n'
        f'    "zoom": {settings.zoom!r},  # up to this share larger or smaller\n'
        f'    "flip": {settings.flip!r},\n'
        f'    "contrast": {settings.contrast!r},  # up to this share more or less\n'
        f'    "noise": {settings.noise!r},  # standard deviation\n'
        f'    "table": {table},\n'
        "}"
    )
    images, changed = "x[batch]", "changed"
    if settings.shuffled_pixels:
        functions.append(pixels.unshuffled)
        images, changed = f"unshuffled({images})", f"shuffled({changed})"
    if settings.white != 1:
        images, changed = (
            f"{images} / np.float32({settings.white})",
            f"{changed} * np.float32({settings.white})",
        )
    epoch = _AUGMENTED_EPOCH.format(images=images, changed=changed)
    return "\n\n\n".join([numbers, *map(definition, functions), epoch, chosen])


def keras_dataset(data: DataSpec) -> str:
    """The module of Keras that downloads these images: 'keras.datasets.fashion_mnist'; empty without one."""
    module = KERAS_DATASETS.get(data.dataset, "") if data.source == "full" else ""
    return module and f"keras.datasets.{module}"


def _loading(data: DataSpec, info: DatasetInfo) -> str:
    if info.own:
        return _OWN_READING
    module = keras_dataset(data)
    if not module:
        return _READING
    reading = "\n".join(f"    {line}" for line in _READING.splitlines())
    return (
        f'if (FOLDER / "{IMAGES_FILE}").exists():\n{reading}\nelse:\n'
        f"    (images, labels), (test_images, test_labels) = {module}.load_data()"
    )


def _data_functions(data: DataSpec, info: DatasetInfo) -> str:
    """The functions of `cnnlab.data` that draw, order and scale images and, if set, shuffle their pixels.

    Those of a person's own data set are also compared with its fingerprint.
    """
    constants: dict[str, Any] = {"SPLIT_STREAM": sampling.SPLIT_STREAM, "ORDER_STREAM": sampling.ORDER_STREAM}
    functions: list[Callable[..., Any]] = [
        sampling.stratified_order,
        sampling.split_indices,
        sampling.epoch_order,
    ]
    if data.pixels == "scaled":
        functions.append(pixels.scaled)
    if data.shuffled_pixels:
        constants["PIXEL_SEED"] = pixels.PIXEL_SEED
        functions += [pixels.pixel_order, pixels.shuffled]
    if info.own:
        constants |= {"CLASSES": info.classes, "FINGERPRINT": info.fingerprint, "ARRAYS": ARRAYS}
        functions.append(fingerprint)
    numbers = "\n".join(f"{name} = {_constant(value)}" for name, value in constants.items())
    return "\n\n\n".join([numbers, *map(definition, functions)])


def _constant(value: Any) -> str:
    """A constant in Python, a tuple of texts with one in each line."""
    if isinstance(value, tuple):
        return "(\n" + "".join(f"    {json.dumps(text, ensure_ascii=False)},\n" for text in value) + ")"
    return _literal(value)


def _layer(layer: Layer) -> str:
    """The call that creates one layer of the plan."""
    positional, options = arguments(layer)
    listed = [*map(_literal, positional), *(f"{name}={_literal(value)}" for name, value in options.items())]
    if isinstance(layer, Dropout):
        listed.append(f"seed={layer.seed}")
    elif layer.seed is not None:
        listed.append(f"kernel_initializer=keras.initializers.GlorotUniform(seed={layer.seed})")
    if isinstance(layer, Conv2D | Dense) and layer.l2:
        listed.append(f"kernel_regularizer=keras.regularizers.L2({layer.l2!r})")
    module = "" if layer.type in OWN_TYPES else "keras.layers."
    return _call(f"{module}{layer.type}", [*listed, f'name="{layer.name}"'])


def _literal(value: Argument) -> str:
    return f'"{value}"' if isinstance(value, str) else repr(value)


def _call(function: str, arguments: list[str]) -> str:
    """A call in one line if it fits, indented in a list of layers; else with one line per argument."""
    line = f"{function}({', '.join(arguments)})"
    if len(line) + len("        ,") <= LINE:
        return line
    return f"{function}(\n" + "".join(f"    {argument},\n" for argument in arguments) + ")"


def definition(function: Callable[..., Any]) -> str:
    """The source of a function without its decorators, which are caches."""
    source = inspect.getsource(function)
    [node] = ast.parse(source).body
    return _plain("\n".join(source.splitlines()[node.lineno - 1 :]))


def definition_in_models(file: str, name: str) -> str:
    """The source of a function or class, read from its file in `cnnlab.models`, whose import loads Keras."""
    source = (_MODELS / file).read_text("utf-8")
    [node] = [
        node
        for node in ast.parse(source).body
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and node.name == name
    ]
    first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    return _plain("\n".join(source.splitlines()[first - 1 : node.end_lineno]))


def _plain(source: str) -> str:
    return _NOTE_FOR_LINTERS.sub("", source)
