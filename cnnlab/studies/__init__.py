"""Questions that take several trainings: plan, queue, progress, findings."""
