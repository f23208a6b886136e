"""The tags of a run: every one that cnnlab writes or reads, what it holds, and which values it can have.

A tag is a name and a text; MLflow stores both as they are, and `mlflow ui` shows them. The names are a part
of the store's format: a changed name would hide what older runs have.
"""

from collections.abc import Mapping
from typing import Literal

# Written when a run is created.
COMPARISON = "cnnlab.comparison"  # an id, the same for a model and its baseline
ROLE = "cnnlab.role"  # 'model' or 'baseline'
COMPARED_WITH = "cnnlab.compared_with"  # the id of a run of another comparison; empty where there is none
VISITOR = "cnnlab.visitor"  # who started it: the id of a visitor of the dashboard; empty without one. A
# study's own entry in the store has it too
SETTINGS = "cnnlab.settings"  # a fingerprint of all settings, 32 hexadecimal digits
OWNER = "cnnlab.owner"  # the process that created it, then the one that trains it: `ownership.Process` as
# JSON; empty while the run waits in a Dask cluster, which outlives the process that created it
QUEUED = "cnnlab.queued"  # when it began to wait in a dashboard's queue, in seconds since 1970: a dashboard
# that is started again takes up what waited; absent where it was not a dashboard's queue
LISTED = "cnnlab.listed"  # one of `Listed`; a run without it was not written by cnnlab

# Written on the experiment, not on a run, followed by a visitor's id.
VISITOR_NAME = "cnnlab.visitor_name."  # how the visitor wants to be called; empty without a wish

# Written when a run is created for a study.
STUDY = "cnnlab.study"  # the id of the study
STUDY_KIND = "cnnlab.study_kind"  # such as 'seeds'; a study's own entry in the store has it too
ARM = "cnnlab.arm"  # which part of the study the run is
PRUNED = "cnnlab.pruned"  # of a sweep: the step after which the trial was given up, an epoch or a number of
# seeds; empty or missing where it was not

# Of a study's own entry in the store, where it is a sweep; OWNER, ALIVE and REASON too.
SEARCH = "cnnlab.search"  # one of `Searching`
SPENT = "cnnlab.spent"  # for how many seconds trials have been begun so far

# Written when a data set that a person brought is stored.
DATASET = "cnnlab.dataset"  # its id, which runs have as their setting `data.dataset`

# Written while a run trains.
IMAGES = "cnnlab.images"  # the fingerprint of the images and classes that it was trained and tested on
DEVICE = "cnnlab.device"  # what it is trained on, such as 'CPU'
ACTIVITY = "cnnlab.note"  # what it does besides training, such as 'paused'; empty otherwise
TASK = "cnnlab.task"  # Dask's key of the task that trains it, or will; empty or missing without one
ALIVE = "cnnlab.alive"  # when the training process last wrote it: seconds since 1970; empty before
ORDERS = "cnnlab.orders"  # `spec.orders.Orders` as JSON, for a training that its dashboard may not reach
INTERRUPTED = "cnnlab.interrupted"  # 'yes' if it was ended because its process seemed dead; else empty
RESUMED = "cnnlab.resumed"  # 'yes' if it went on by itself after its worker had died; else empty
REASON = "cnnlab.reason"  # why it failed or ended before its last epoch, which weights were put back: a
# sentence of at most 5,000 characters; empty otherwise
EPOCHS = "cnnlab.epochs"  # of a continued run: how many epochs in all, instead of the setting

# MLflow's own, which a person can change.
NAME = "mlflow.runName"
NOTE = "mlflow.note.content"  # `mlflow ui` calls it the description

RESERVED = ("cnnlab.", "mlflow.")  # how the names begin that a person cannot give

Searching = Literal["running", "paused", "stopped", "finished"]

Listed = Literal["yes", "study", "archived", "no"]
"""'yes': in all lists; 'study': in a view of the table of runs; 'archived': set aside by a person;
'no': given up because the person started another training in its place."""

UNLISTED: dict[Literal["study", "archived", "superseded"], Listed] = {
    "study": "study",
    "archived": "archived",
    "superseded": "no",
}
"""The value of `LISTED` in the views of the table of runs that show unlisted runs."""


def user_tags(tags: Mapping[str, str]) -> dict[str, str]:
    """The tags that a person gave."""
    return {key: value for key, value in tags.items() if not key.startswith(RESERVED)}
