"""What a fresh process loads."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
PRINT_LOADED = "\nimport json, sys; print(json.dumps(sorted({name.split('.')[0] for name in sys.modules})))"


def loaded_by(program: str) -> set[str]:
    """The top-level packages in `sys.modules` of a fresh process that ran the program."""
    result = subprocess.run(
        [sys.executable, "-c", program + PRINT_LOADED], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert result.returncode == 0, result.stderr
    return set(json.loads(result.stdout.splitlines()[-1]))
