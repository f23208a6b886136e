"""The speed of cnnlab compared with Keras and PyTorch: `python -m cnnlab bench`.

- `benchmark`: runs all measurements in rounds;
- `competitors`, `pytorch`: what is timed, and `processes`, in which processes;
- `through_trainer`: what is timed through the trainer that the dashboard starts;
- `results`: the ratios, their targets, and the table.
"""

from cnnlab.bench.benchmark import PARTS, run, temporary_store

__all__ = ["PARTS", "run", "temporary_store"]
