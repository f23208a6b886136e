"""The tags of a run."""

from collections.abc import Mapping

LISTED = "cnnlab.listed"


NAME = "mlflow.runName"


NOTE = "mlflow.note.content"


EPOCHS_TAG = "cnnlab.epochs"  # of a run that was continued, in place of its setting


RESERVED = ("cnnlab.", "mlflow.")  # how the tags begin that are not a person's


LISTED_AS = {"archived": "archived", "superseded": "no"}  # view → the tag; any other value is listed


def user_tags(tags: Mapping[str, str]) -> dict[str, str]:
    """The tags that a person gave."""
    return {key: value for key, value in tags.items() if not key.startswith(RESERVED)}
