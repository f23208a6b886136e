from pathlib import Path

import optuna
import pytest
from optuna.storages.journal import JournalFileBackend, JournalStorage

from cnnlab.errors import InputRefused
from cnnlab.studies.sweep_export import export
from tests.studies.test_sweep import OPTIMIZER, RATE, done, make, sweep_of

__all__ = ["make"]  # a fixture


def test_the_exported_journal_holds_the_same_trials(make, tmp_path: Path):
    progress = done(make(), sweep_of(RATE, OPTIMIZER, trials=12, pruning="median", at_once=1))
    file = tmp_path / "sweep.log"
    assert export(progress, file) == len(progress.trials) == 12
    [summary] = optuna.get_all_study_summaries(JournalStorage(JournalFileBackend(str(file))))
    assert summary.study_name == progress.sweep.title
    study = optuna.load_study(
        study_name=summary.study_name, storage=JournalStorage(JournalFileBackend(str(file)))
    )
    assert study.metric_names == ["validation accuracy"]
    for ours, trial in zip(study.trials, progress.trials, strict=True):
        assert ours.params == trial.settings
        assert ours.user_attrs["runs"] == [run.run_id for run in trial.runs]
        assert ours.state.name == {"finished": "COMPLETE", "pruned": "PRUNED"}[trial.state]
    with pytest.raises(InputRefused, match="exists already"):
        export(progress, file)
    with pytest.raises(InputRefused, match="no folder"):
        export(progress, tmp_path / "nowhere" / "sweep.log")
