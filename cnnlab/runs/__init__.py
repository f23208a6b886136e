"""The one home of MLflow: writes runs, lists them, reads their curves and artifacts.

The store is SQLite under `runs/`, or wherever MLFLOW_TRACKING_URI points. One run is one trained
network; a model and its baseline share the tag `cnnlab.comparison`. MLflow is imported inside the
functions, since the import takes seconds and the first page does not need it.

- `store`: the connection, and `run`: what a run is and how it is read from what MLflow stores;
- `lifecycle`: created, started, continued, ended; `metrics` and `artifacts`: what it leaves behind;
- `listing`: which runs there are, and `stored_studies`: the studies they belong to;
- `finder`: every run of the store, page by page, by a `query` of `conditions`, in `sql` where that is
  faster; `table`: what it found as a table; `edits`: what a person does to it.
"""

from cnnlab.runs.artifacts import (
    kernels,
    last_weights_epoch,
    load_npz,
    model_file,
    predictions,
    read_weights,
    save_npz,
    weight_epochs,
    weights_file,
)
from cnnlab.runs.edits import delete, restore
from cnnlab.runs.lifecycle import create, end, end_orphans, hide, note, orphaned, reopen, start
from cnnlab.runs.listing import active, existing, get, latest_matching, members, recent
from cnnlab.runs.metrics import CURVE_COLUMNS, curves
from cnnlab.runs.run import Run, Status
from cnnlab.runs.store import prepare
from cnnlab.runs.stored_studies import (
    StoredStudy,
    create_study,
    of_study,
    studies,
    study,
    study_content,
)

__all__ = [
    "CURVE_COLUMNS",
    "Run",
    "Status",
    "StoredStudy",
    "active",
    "create",
    "create_study",
    "curves",
    "delete",
    "end",
    "end_orphans",
    "existing",
    "get",
    "hide",
    "kernels",
    "last_weights_epoch",
    "latest_matching",
    "load_npz",
    "members",
    "model_file",
    "note",
    "of_study",
    "orphaned",
    "predictions",
    "prepare",
    "read_weights",
    "recent",
    "reopen",
    "restore",
    "save_npz",
    "start",
    "studies",
    "study",
    "study_content",
    "weight_epochs",
    "weights_file",
]
