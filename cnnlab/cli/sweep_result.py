"""What `python -m cnnlab sweep` prints of a sweep: a line for each trial, a table with sentences, or data."""

import textwrap
from typing import TYPE_CHECKING, Any

from cnnlab import words

if TYPE_CHECKING:
    from cnnlab.studies.sweep_progress import SweepProgress

BEST = 10  # trials in the table


def line(progress: "SweepProgress", number: int) -> str:
    """One trial, and the best so far: 'Trial 7: 85.3% (best 86.0%, trial 3)'."""
    trial = next(each for each in progress.trials if each.number == number)
    if trial.accuracy is None:
        return f"Trial {number}: {trial.state}. {trial.reason}".strip()
    best = progress.best
    ahead = f" (best {words.percent(best.accuracy or 0.0)}, trial {best.number})" if best else ""
    return f"Trial {number}: {words.percent(trial.accuracy)}{ahead}"


def summary(progress: "SweepProgress") -> str:
    """The best trials as a table, and what was found in sentences."""
    import pandas as pd

    from cnnlab.evidence.finding import text
    from cnnlab.studies.sweep_findings import findings, in_words
    from cnnlab.studies.sweep_plan import title
    from cnnlab.studies.sweep_progress import rank

    if not progress.finished:
        reasons = list(dict.fromkeys(trial.reason for trial in progress.trials if trial.reason))
        return "\n".join(["No trial has finished.", *reasons[:BEST]])
    ranked = sorted(progress.finished, key=rank)
    rows = [
        {
            "Trial": trial.number,
            "Validation": words.percent(trial.accuracy or 0.0),
            **{
                name.capitalize(): words.large(value)
                for name, value in zip(progress.sweep.metric_names[1:], trial.costs, strict=True)
            },
            **{title(path): in_words(value) for path, value in trial.settings.items()},
            "Run": trial.runs[0].run_id,
        }
        for trial in ranked[:BEST]
    ]
    table = pd.DataFrame(rows).to_string(index=False)
    return f"\n{table}\n\n" + "\n".join(textwrap.wrap(text(findings(progress)), 100))


def as_data(progress: "SweepProgress") -> dict[str, Any]:
    """The result for `--json`."""
    from cnnlab.evidence.finding import text
    from cnnlab.studies.sweep_findings import findings

    best = progress.best
    return {
        "study": progress.study_id,
        "state": progress.state,
        "objectives": progress.sweep.metric_names,
        "best": best.number if best else None,
        "front": [trial.number for trial in progress.front],
        "baseline": progress.baseline,
        "trials": [
            {
                "number": trial.number,
                "state": trial.state,
                "values": trial.values,  # noqa: PD011 no frame
                "settings": trial.settings,
                "runs": [run.run_id for run in trial.runs],
                "reason": trial.reason,
                "again": trial.again,
            }
            for trial in progress.trials
        ],
        "confirmation": [
            {"network": part, "seed": seed, "run": run.run_id, "status": run.status}
            for (part, seed), run in progress.confirmation.items()
        ],
        "findings": [text([finding]) for finding in findings(progress)],
    }
