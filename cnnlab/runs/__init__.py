"""The one home of MLflow: writes runs, lists them, reads their curves and artifacts.

The store is SQLite under `runs/`, or wherever MLFLOW_TRACKING_URI points. One run is one trained
network; a model and its baseline share the tag `cnnlab.comparison`. MLflow is imported inside the
functions, since the import takes seconds and the first page does not need it.

- `store`: the connection, and `run`: what a run is and how it is read from what MLflow stores;
- `own_data`: the data sets that people brought, which are stored beside the runs; `own_files`: their copies
  on this machine; `own_shelf`: how `cnnlab.data` finds them;
- `lifecycle`: created, started, continued, ended; `ownership`: who trains a run, and whether that process
  lives; `heartbeat`: how it says so, and takes orders; `metrics` and `artifacts`: what it leaves behind;
- `taken_up`: what waited in the queue of a dashboard that has ended;
- `listing`: which runs there are, and `stored_studies`: the studies they belong to;
- `finder`: every run of the store, page by page, by a `query` of `conditions`, in `sql` where that is
  faster; `table`: what it found as a table; `edits`: what a person does to it.
"""

from cnnlab.data.registry import DATASETS
from cnnlab.runs.artifacts import (
    has_model,
    kernels,
    last_weights_epoch,
    load_npz,
    model_content,
    needs_cnnlab,
    predictions,
    require_model,
    save_npz,
    stopping,
    weight_epochs,
    weights,
    weights_version,
)
from cnnlab.runs.edits import delete, restore
from cnnlab.runs.heartbeat import Heartbeat, OrdersInForce, write_orders
from cnnlab.runs.lifecycle import (
    create,
    end,
    end_dead,
    hide,
    note,
    note_images,
    reopen,
    requeue,
    start,
    task_of,
    unheard,
    wait_in_cluster,
)
from cnnlab.runs.listing import active, existing, get, latest_matching, members, network_epoch, recent
from cnnlab.runs.metrics import CURVE_COLUMNS, curves, rate_in_force
from cnnlab.runs.own_shelf import OwnDataShelf
from cnnlab.runs.patience import patiently
from cnnlab.runs.run import Run, Status
from cnnlab.runs.store import is_open, prepare
from cnnlab.runs.stored_studies import (
    StoredStudy,
    create_study,
    lead,
    note_pruned,
    of_study,
    studies,
    study,
    study_content,
)
from cnnlab.runs.taken_up import take_up

DATASETS.connect(OwnDataShelf())  # whoever can read runs can read the data sets that they used

__all__ = [
    "CURVE_COLUMNS",
    "Heartbeat",
    "OrdersInForce",
    "Run",
    "Status",
    "StoredStudy",
    "active",
    "create",
    "create_study",
    "curves",
    "delete",
    "end",
    "end_dead",
    "existing",
    "get",
    "has_model",
    "hide",
    "is_open",
    "kernels",
    "last_weights_epoch",
    "latest_matching",
    "lead",
    "load_npz",
    "members",
    "model_content",
    "needs_cnnlab",
    "network_epoch",
    "note",
    "note_images",
    "note_pruned",
    "of_study",
    "patiently",
    "predictions",
    "prepare",
    "rate_in_force",
    "recent",
    "reopen",
    "requeue",
    "require_model",
    "restore",
    "save_npz",
    "start",
    "stopping",
    "studies",
    "study",
    "study_content",
    "take_up",
    "task_of",
    "unheard",
    "wait_in_cluster",
    "weight_epochs",
    "weights",
    "weights_version",
    "write_orders",
]
