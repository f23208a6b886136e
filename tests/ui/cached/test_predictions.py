"""The stored answers of networks, read once a session."""

import numpy as np

from cnnlab import runs
from cnnlab.runs import store
from tests.stored_answers import LABELS, answers_of, stored


def test_a_continued_run_is_read_again():
    run_id = stored(np.arange(10))
    before = answers_of(run_id)
    arrays = {"labels": LABELS, "probabilities": np.eye(10, dtype=np.float32)[LABELS]}
    runs.save_npz(run_id, "test_predictions.npz", arrays)
    assert not answers_of(run_id).right.all(), "kept"
    store.client().log_metric(run_id, "test_loss", 0.1)
    assert answers_of(run_id).right.all() and not before.right.all()
