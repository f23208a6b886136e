"""A sweep as a file for `optuna-dashboard`: Optuna's journal."""

from pathlib import Path

from cnnlab.errors import InputRefused
from cnnlab.studies.sweep_optuna import experimental, optuna_study
from cnnlab.studies.sweep_progress import SweepProgress


def export(progress: SweepProgress, file: Path) -> int:
    """Writes the trials of a sweep, with their values by epoch, to a new file; returns how many there are.

    Running trials are left out. Raises `InputRefused` where the file exists or cannot be written.
    """
    import optuna
    from optuna.storages.journal import JournalFileBackend, JournalStorage

    if file.exists():
        raise InputRefused(f"The file '{file}' exists already: choose another name.")
    if not file.parent.is_dir():
        raise InputRefused(f"There is no folder '{file.parent}': create it, or choose another one.")
    study = optuna_study(progress, with_steps=True)
    try:
        stored = optuna.create_study(
            study_name=progress.sweep.title,
            storage=JournalStorage(JournalFileBackend(str(file))),
            directions=study.directions,
        )
        with experimental():
            stored.set_metric_names(progress.sweep.metric_names)
        ended = [trial for trial in study.get_trials(deepcopy=False) if trial.state.is_finished()]
        stored.add_trials(ended)
    except OSError as error:
        raise InputRefused(f"The file '{file}' cannot be written: {error.strerror}.") from error
    return len(ended)
