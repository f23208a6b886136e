"""Memory that really runs out in a training: the system gives no more to its process."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# The second training is let through, as if the estimate had been too low, and its first batch asks for more
# than the limit leaves. NumPy asks: native code of TensorFlow crashes on some processors when it gets no
# memory, and the death of a worker is another test's.
PROGRAM = """
import json, resource
import numpy as np
import psutil
from cnnlab import runs
from cnnlab.errors import OutOfMemory
from cnnlab.models.training import _Training
from cnnlab.spec import ConvBlock, ConvNetSpec, DataSpec, PRESETS, RunSpec, TrainingSpec
from cnnlab.worker import room, train

def limit():
    addresses = psutil.Process().memory_info().vms + 500 * 2**20
    resource.setrlimit(resource.RLIMIT_AS, (addresses, resource.RLIM_INFINITY))

def error_of(run_id):
    try:
        train.train(run_id)
    except OutOfMemory as error:
        return str(error)
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))

def train_limited(training, images):
    limit()
    np.empty(4 * 2**30, np.uint8)

train.warm_up()
wide = ConvNetSpec(blocks=(ConvBlock(filters=512, padding="same", pooling="none"),), dense_units=8)
large = RunSpec(data=DataSpec(images=600), model=wide, training=TrainingSpec(batch_size=512, epochs=1))
small = PRESETS["small"].with_setting("data.images", 300).with_setting("training.epochs", 1).runs()["model"]
first, second, third = (runs.create("model", "memory", spec) for spec in (large, large, small))
limit()
beforehand = error_of(first)
room.require_room, train_steps, _Training.train_steps = lambda *_: None, _Training.train_steps, train_limited
in_training = error_of(second)
_Training.train_steps = train_steps
train.train(third)
errors = [beforehand, in_training]
states = [(runs.get(run_id).status, runs.get(run_id).reason) for run_id in (first, second, third)]
print(json.dumps({"errors": errors, "states": states}))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits a process's memory so")
def test_a_training_whose_memory_runs_out_is_refused_beforehand_or_fails_alone_and_the_process_trains_on(
    tmp_path,
):
    environment = os.environ | {
        "MLFLOW_TRACKING_URI": f"sqlite:///{tmp_path}/mlflow.db",
        "PYTHONPATH": str(ROOT),
    }
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    said = json.loads(done.stdout.splitlines()[-1])
    beforehand, in_training = said["errors"]
    assert "is estimated to need" in beforehand and beforehand.endswith("lower 'Batch size' or 'Filters'.")
    assert "The memory of the machine ran out in this training: lower 'Batch size'" in in_training
    assert said["states"] == [["failed", beforehand], ["failed", in_training], ["finished", ""]]
