"""`python -m cnnlab data`: data sets of one's own, added from files, listed and removed."""

import json
import re
import sys
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cnnlab import words
from cnnlab.cli.output import print_result
from cnnlab.data.catalogue import DatasetInfo
from cnnlab.data.own.choices import Choices
from cnnlab.data.own.contents import Contents, described
from cnnlab.data.own.places import contents_of
from cnnlab.data.own.reading import Reading, read
from cnnlab.data.own.suggestion import suggested
from cnnlab.data.registry import DATASETS
from cnnlab.errors import DatasetInUse, InputRefused, UserError

if TYPE_CHECKING:
    from cnnlab.runs.own_data import OwnDataset


class Refused(click.ClickException):
    """What was given cannot be used."""

    exit_code = 2


class Size(click.ParamType):
    """HEIGHTxWIDTH as two numbers of pixels."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """See `click.ParamType.convert`."""
        found = re.fullmatch(r"(\d{1,4})[x×](\d{1,4})", value)
        if not found:
            self.fail(f"'{value}' is no size: write height and width in pixels as 64x48.", param, ctx)
        return int(found[1]), int(found[2])


@click.group()
def data() -> None:
    """Add, list and remove data sets of your own.

    They are kept where the runs are. In 'python -m cnnlab train', choose one by --dataset with its name.
    """


@data.command()
@click.argument("files", metavar="FOLDER_OR_ZIP_OR_NPZ", type=click.Path(path_type=Path))
@click.option("--name", required=True, help="What the data set is called.")
@click.option(
    "--size",
    metavar="HEIGHTxWIDTH",
    type=Size(),
    help="Pixels of every image, 8 to 150 each way. Without it, the size that all have, up to 64.",
)
@click.option("--colour/--grey", "colour", default=None, help="Without it, colour where there is any.")
@click.option(
    "--fit",
    type=click.Choice(["pad", "crop"]),
    default="pad",
    show_default=True,
    help="Of a picture of another shape: all, with black beside it, or its middle.",
)
@click.option(
    "--test-share",
    type=float,
    default=Choices.test_share,
    show_default=True,
    help="Of each class. Without effect where the files say which images are for test.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Draws the images for test.")
@click.option("--skip-others", is_flag=True, help="Leave out files that cannot be used, and name them.")
def add(
    files: Path,
    name: str,
    size: tuple[int, int] | None,
    colour: bool | None,
    fit: Any,
    test_share: float,
    seed: int,
    skip_others: bool,
) -> None:
    """Add a data set from a folder, a zip or an .npz file, and print its id.

    A folder or zip holds one folder of pictures for each class; folders 'train' and 'test' with the classes
    in each say which images are for test. An .npz file holds x_train and y_train, and may hold x_test with
    y_test, and classes.

    \b
    python -m cnnlab data add pets.zip --name pets --size 64x64 --fit crop
    """
    with _told(), contents_of(files) as contents:
        choices = suggested(contents)
        choices = replace(choices, fit=fit, test_share=test_share, seed=seed)
        choices = replace(choices, others="skip" if skip_others else "refuse")
        if size is not None:
            choices = replace(choices, height=size[0], width=size[1])
        if colour is not None:
            choices = replace(choices, channels=3 if colour else 1)
        reading = _read(contents, choices)
        from cnnlab.runs import own_data  # here, because it loads the store of runs

        dataset = own_data.add(name, reading.images.classes, reading.images.arrays)
        info = DATASETS[dataset]
    for note in contents.notes:
        click.echo(note, err=True)
    if reading.left_out:
        click.echo(f"Not used: {described(reading.left_out)}.", err=True)
    click.echo(f"{name}: {_facts(info)}", err=True)
    print_result(dataset)


def _read(contents: Contents, choices: Choices) -> Reading:
    """Reads all pictures, with a progress bar on stderr."""
    with click.progressbar(length=len(contents.labels), label="Reading", file=sys.stderr) as bar:
        return read(
            contents, choices, lambda share: bar.update(round(share * len(contents.labels)) - bar.pos)
        )


@data.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print the list as JSON.")
def list_(as_json: bool) -> None:
    """List the data sets of your own, the newest first."""
    with _told():
        from cnnlab.runs import own_data  # here, because it loads the store of runs

        listed = [(each, own_data.uses(each.dataset)) for each in own_data.listed()]
    if as_json:
        print_result(json.dumps([_as_data(each, uses) for each, uses in listed], indent=2))
    elif not listed:
        click.echo("There is no data set of your own yet: 'python -m cnnlab data add' adds one.", err=True)
    else:
        print_result(_table(listed))


@data.command()
@click.argument("name", metavar="NAME_OR_ID")
@click.option("--force", is_flag=True, help="Remove it although runs use it, which cannot be continued then.")
def remove(name: str, force: bool) -> None:
    """Remove a data set of your own and its images; refused while runs use it."""
    with _told():
        from cnnlab.runs import own_data  # here, because it loads the store of runs

        found = own_data.named(name)
        if not found:
            raise InputRefused(f"There is no data set of your own called '{name}': 'data list' shows all.")
        if len(found) > 1:
            raise InputRefused(
                f"Several data sets are called '{name}': name one by its id, {words.listing(found, 'or')}."
            )
        try:
            own_data.remove(found[0], force)
        except DatasetInUse as error:
            raise click.ClickException(f"{error} The option --force does that.") from error
    click.echo(f"Removed {found[0]}.", err=True)


@contextmanager
def _told() -> Generator[None]:
    """Ends the command with the sentence of an error: status 2 for what cannot be used as it was given."""
    try:
        yield
    except UserError as error:
        raise (Refused if isinstance(error, InputRefused) else click.ClickException)(str(error)) from error


def _facts(info: DatasetInfo) -> str:
    height, width, channels = info.input_shape
    return (
        f"{info.train_images['full']:,} images for training and {info.test_images['full']:,} for test of "
        f"{len(info.classes)} classes, {height}×{width} pixels, {'colour' if channels == 3 else 'grey'}."
    )


def _as_data(each: "OwnDataset", uses: int) -> dict[str, Any]:
    info = each.info
    return {
        "id": each.dataset,
        "name": info.title,
        "added": each.added.isoformat(),
        "classes": list(info.classes),
        "input_shape": list(info.input_shape),
        "training_images": info.train_images["full"],
        "test_images": info.test_images["full"],
        "runs": uses,
        "fingerprint": info.fingerprint,
    }


def _table(listed: "list[tuple[OwnDataset, int]]") -> str:
    """The list in columns, a data set in each line."""
    rows = [("Name", "Images", "Test", "Classes", "Pixels", "Runs", "Added", "Id")]
    for each, uses in listed:
        height, width, channels = each.info.input_shape
        train, test = each.info.train_images["full"], each.info.test_images["full"]
        rows.append(
            (
                each.info.title,
                f"{train:,}",
                f"{test:,}",
                f"{len(each.info.classes)}",
                f"{height}×{width}{' colour' if channels == 3 else ' grey'}",
                f"{uses:,}",
                words.moment(each.added.to_pydatetime()),
                each.dataset,
            )
        )
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)) for row in rows]
    return "\n".join(line.rstrip() for line in lines)
