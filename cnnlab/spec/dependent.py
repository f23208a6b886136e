"""Settings that count only at some values of another one."""

DEPENDENT: dict[str, tuple[str, tuple[str, ...]]] = {
    "warmup_share": ("schedule", ("one-cycle",)),
    "step_factor": ("schedule", ("step",)),
    "step_epochs": ("schedule", ("step",)),
    "stop_at": ("stop_when", ("accuracy", "val_accuracy", "loss", "val_loss")),
}
"""Setting → the other one, and the values of that at which it has an effect."""
