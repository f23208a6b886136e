"""A network and its training as plain Keras source, each layer written out, for people to read.

What the source computes on its own (which images, in which order, how their pixels are scaled) is taken
over from `cnnlab.data` word by word, and the seeds from `cnnlab.arithmetic.plan`, so that neither can drift
away from what cnnlab does. This file writes text; it builds nothing, and knows nothing of runs and files.
"""

import ast
import inspect
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cnnlab.arithmetic.plan import layer_seeds
from cnnlab.data import pixels, sampling
from cnnlab.spec import OPTIMIZERS, POOLINGS, ConvBlock, ConvNetSpec, DataSpec, DenseSpec, TrainingSpec

LINE = 100  # characters
IMAGES_FILE = "images.npz"
IMPORTS = "from pathlib import Path\n\nimport keras\nimport numpy as np"
TRAINING = """\
history = []
for epoch in range(1, EPOCHS + 1):
    order = epoch_order(len(x_train), SEED, epoch)
    fitted = model.fit(
        x_train[order],
        y_train[order],
        batch_size=BATCH_SIZE,
        epochs=epoch,
        initial_epoch=epoch - 1,
        shuffle=False,
        validation_data=(x_validation, y_validation),
    )
    history.append({name: values[-1] for name, values in fitted.history.items()})"""
_READING = """\
with np.load(FOLDER / "images.npz", allow_pickle=False) as stored:
    images, labels = stored["x_train"], stored["y_train"]
    test_images, test_labels = stored["x_test"], stored["y_test"]"""
_LAYERS_FILE = Path(__file__).parents[1] / "models" / "layers.py"
_NOTE_FOR_LINTERS = re.compile(r"  # noqa.*")


def network(
    model: ConvNetSpec | DenseSpec, input_shape: tuple[int, int, int], classes: int, seed: int
) -> str:
    """Statements that build `model`, the network that `cnnlab.models.build` makes of the same arguments."""
    layers = [f'keras.Input({input_shape}, name="images")', *_layers(model, classes, seed)]
    indented = "".join(f"        {line}\n" for layer in layers for line in f"{layer},".splitlines())
    name = "cnn" if isinstance(model, ConvNetSpec) else "dense_only"
    built = f'model = keras.Sequential(\n    [\n{indented}    ],\n    name="{name}",\n)'
    return f"{_min_pooling()}\n\n\n{built}" if "MinPooling2D(" in built else built


def compilation(training: TrainingSpec) -> str:
    """The statement that compiles `model` as `cnnlab.models.training.compiled` does."""
    _, keras_class, others = OPTIMIZERS[training.optimizer]
    arguments = {"learning_rate": training.learning_rate, **others}
    listed = ", ".join(f"{name}={value!r}" for name, value in arguments.items())
    return (
        "model.compile(\n"
        f"    optimizer=keras.optimizers.{keras_class}({listed}),\n"
        '    loss="sparse_categorical_crossentropy",\n'
        '    metrics=["accuracy"],\n'
        "    # TensorFlow's own convolutions are faster on a CPU than those that XLA compiles.\n"
        '    jit_compile=False if keras.backend.backend() == "tensorflow" else "auto",\n'
        ")"
    )


def data(data: DataSpec, input_shape: tuple[int, int, int]) -> str:
    """Statements that make x_train, y_train, x_validation, y_validation, x_test and y_test.

    They are given FOLDER, IMAGES, VALIDATION_IMAGES and SEED.
    """
    side = ", ".join(map(str, input_shape))
    whole = "shuffled(scaled({}))" if data.shuffled_pixels else "scaled({})"
    statements = [
        f"{_loading(data)}\n",
        f"images = images.reshape(-1, {side})",
        "labels = labels.astype(np.int64)",
        "train, validation = split_indices(labels, IMAGES, VALIDATION_IMAGES, SEED)",
        f"x_train, y_train = {whole.format('images[train]')}, labels[train]",
        f"x_validation, y_validation = {whole.format('images[validation]')}, labels[validation]",
        f"x_test = {whole.format(f'test_images.reshape(-1, {side})')}",
        "y_test = test_labels.astype(np.int64)",
        'print(f"{len(x_train)} training, {len(x_validation)} validation and {len(x_test)} test images")',
    ]
    return f"{_data_functions(data)}\n\n\n" + "\n".join(statements)


def keras_dataset(dataset: str) -> str:
    """The module of Keras that downloads the full data set: 'keras.datasets.fashion_mnist'."""
    return f"keras.datasets.{dataset.replace('-', '_')}"


def _loading(data: DataSpec) -> str:
    if data.source == "sample":
        return _READING
    reading = "\n".join(f"    {line}" for line in _READING.splitlines())
    return (
        f'if (FOLDER / "{IMAGES_FILE}").exists():\n{reading}\nelse:\n'
        f"    (images, labels), (test_images, test_labels) = {keras_dataset(data.dataset)}.load_data()"
    )


def _data_functions(data: DataSpec) -> str:
    """The functions that choose, order, scale and, where wanted, shuffle: those of `cnnlab.data`."""
    constants = {"SPLIT_STREAM": sampling.SPLIT_STREAM, "ORDER_STREAM": sampling.ORDER_STREAM}
    functions: list[Callable[..., Any]] = [
        sampling.stratified_order,
        sampling.split_indices,
        sampling.epoch_order,
        pixels.scaled,
    ]
    if data.shuffled_pixels:
        constants["PIXEL_SEED"] = pixels.PIXEL_SEED
        functions += [pixels.pixel_order, pixels.shuffled]
    numbers = "\n".join(f"{name} = {value}" for name, value in constants.items())
    return "\n\n\n".join([numbers, *map(_definition, functions)])


def _layers(model: ConvNetSpec | DenseSpec, classes: int, seed: int) -> list[str]:
    """One call a layer, in order."""
    seeds = layer_seeds(model, seed)
    layers = []
    if isinstance(model, ConvNetSpec):
        for number, block in enumerate(model.blocks, start=1):
            layers += _block(block, number, model.activation, seeds[f"conv_{number}"])
        hidden, dropout = model.dense_units, model.dropout
    else:
        hidden, dropout = model.units, 0.0
    layers.append('keras.layers.Flatten(name="flatten")')
    layers.append(_dense("dense", hidden, model.activation, seeds["dense"]))
    if dropout:
        layers.append(f'keras.layers.Dropout({dropout!r}, seed={seeds["dropout"]}, name="dropout")')
    return [*layers, _dense("output", classes, "softmax", seeds["output"])]


def _block(block: ConvBlock, number: int, activation: str, seed: int) -> list[str]:
    options = {
        "padding": '"same"' if block.padding == "same" else "",
        "activation": "" if block.batch_norm else f'"{activation}"',
        "use_bias": "False" if block.batch_norm else "",  # the normalisation shifts
        "kernel_initializer": _weights(seed),
        "name": f'"conv_{number}"',
    }
    given = [f"{option}={value}" for option, value in options.items() if value]
    layers = [_call("keras.layers.Conv2D", [str(block.filters), str(block.kernel_size), *given])]
    if block.batch_norm:
        layers.append(f'keras.layers.BatchNormalization(name="norm_{number}")')
        layers.append(f'keras.layers.Activation("{activation}", name="activation_{number}")')
    if block.pooling != "none":
        own = "" if block.pooling == "min" else "keras.layers."
        layers.append(f'{own}{POOLINGS[block.pooling].layer}({block.pool_size}, name="pool_{number}")')
    return layers


def _dense(name: str, units: int, activation: str, seed: int) -> str:
    options = [f'activation="{activation}"', f"kernel_initializer={_weights(seed)}", f'name="{name}"']
    return _call("keras.layers.Dense", [str(units), *options])


def _weights(seed: int) -> str:
    return f"keras.initializers.GlorotUniform(seed={seed})"


def _call(function: str, arguments: list[str]) -> str:
    """A call in one line where it fits behind the indentation of a list of layers, else in several."""
    line = f"{function}({', '.join(arguments)})"
    if len(line) + len("        ,") <= LINE:
        return line
    return f"{function}(\n" + "".join(f"    {argument},\n" for argument in arguments) + ")"


def _definition(function: Callable[..., Any]) -> str:
    """The source of a function without its decorators, which only spare cnnlab work."""
    source = inspect.getsource(function)
    [node] = ast.parse(source).body
    return _plain("\n".join(source.splitlines()[node.lineno - 1 :]))


def _min_pooling() -> str:
    """The source of the one layer that Keras lacks. Its module cannot be imported here: it loads Keras."""
    source = _LAYERS_FILE.read_text("utf-8")
    [node] = [node for node in ast.parse(source).body if isinstance(node, ast.ClassDef)]
    first = min(decorator.lineno for decorator in node.decorator_list)
    return _plain("\n".join(source.splitlines()[first - 1 : node.end_lineno]))


def _plain(source: str) -> str:
    return _NOTE_FOR_LINTERS.sub("", source)
