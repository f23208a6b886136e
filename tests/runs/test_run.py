"""What a run is, as MLflow stores it."""

from cnnlab.runs.run import fingerprint
from cnnlab.spec import PRESETS


def test_runs_of_earlier_versions_keep_the_fingerprint_of_their_settings():
    """Written by a version that had none of the settings that were added since."""
    written = {role: fingerprint(spec) for role, spec in PRESETS["deep"].runs().items()}
    assert written == {
        "model": "2014b51c982565597a29016454b0ca4b",
        "baseline": "6d3848dfe2cebaf600e8fb4a05d8336e",
    }


def test_each_setting_counts_in_the_fingerprint():
    model = PRESETS["lab"].runs()["model"]
    slower = PRESETS["lab"].with_setting("training.learning_rate", 0.0005).runs()["model"]
    assert fingerprint(model) != fingerprint(slower)
