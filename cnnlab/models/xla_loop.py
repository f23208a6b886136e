"""Training steps of a dense-only network on a CPU, from a fixed step on by one XLA program.

It takes half the time of TensorFlow's loop there; XLA's convolutions are slower than TensorFlow's own. The
two round differently, so which one computes a step depends on the step's number alone: neither on the clock
nor on how long the training is.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from cnnlab.models.step_results import StepResults
from cnnlab.models.tensorflow_loop import TensorFlowLoop

XLA_STEPS = 64  # at most, in one call of an XLA program
XLA_FROM = 2000  # the step, from 0, from which XLA computes: shorter trainings do without its compilation


class XlaLoop(TensorFlowLoop):
    """The loop up to step `XLA_FROM`, then an XLA program, which is compiled when it is first needed.

    A batch that is not full is computed by the loop, since an XLA program has fixed shapes.
    """

    def _prepare(self, image: tuple[int, ...]) -> None:
        import tensorflow as tf

        super()._prepare(image)
        batches = [tf.TensorSpec([XLA_STEPS, self.batch_size], tf.int32), tf.TensorSpec([], tf.int32)]
        rates = tf.TensorSpec([XLA_STEPS], tf.float32)
        self._program = tf.function(self._run_program, input_signature=batches, jit_compile=True)
        self._program_with_rates = tf.function(
            self._run_program, input_signature=[*batches, rates], jit_compile=True
        )
        self._step = int(self.optimizer.iterations)  # of the whole training, earlier parts included

    def train(self, order: np.ndarray, rates: np.ndarray | None = None) -> StepResults:
        """See `Engine.train`."""
        pieces: list[StepResults] = []
        for compute, first, end in self._parts(len(order)):
            steps = slice(first // self.batch_size, -(-end // self.batch_size))
            pieces.append(compute(order[first:end], None if rates is None else rates[steps]))
            self._step += len(pieces[-1].losses)
            if not np.isfinite(pieces[-1].losses[-1]):
                break
        return _joined(pieces)

    def _parts(self, images: int) -> list[tuple[Callable[..., StepResults], int, int]]:
        """So many images in pieces: what computes each, its first image and the one after its last."""
        size = self.batch_size
        full = images // size * size
        looped = min(max(0, XLA_FROM - self._step) * size, full)
        if not full or looped == full:
            return [(super().train, 0, images)]
        starts = range(looped, full, XLA_STEPS * size)
        compiled = [(self._train_compiled, start, min(start + XLA_STEPS * size, full)) for start in starts]
        parts = [(super().train, 0, looped), *compiled, (super().train, full, images)]
        return [(compute, first, end) for compute, first, end in parts if first < end]

    def _train_compiled(self, order: np.ndarray, rates: np.ndarray | None) -> StepResults:
        """`order`: the indices of at most `XLA_STEPS` full batches."""
        batches = order.reshape(-1, self.batch_size)
        padded = np.zeros((XLA_STEPS, self.batch_size), np.int32)
        padded[: len(batches)] = batches
        if self._augmentation:
            self._augmentation.begin(self._step)
        if rates is None:
            losses, correct, done = self._program(padded, len(batches))
        else:
            padding = (0, XLA_STEPS - len(rates))
            losses, correct, done = self._program_with_rates(padded, len(batches), np.pad(rates, padding))
        return StepResults(losses.numpy()[: int(done)], correct.numpy()[: int(done)])

    def _run_program(self, batches: Any, steps: Any, rates: Any = None) -> tuple[Any, Any, Any]:
        """Losses and hits, (XLA_STEPS,) each, and how many steps were made: all of `steps`, or fewer."""
        import tensorflow as tf

        def unfinished(step: Any, losses: Any, correct: Any, finite: Any) -> Any:
            return (step < steps) & finite

        def train(step: Any, losses: Any, correct: Any, finite: Any) -> tuple[Any, ...]:
            if rates is not None:
                self.optimizer.learning_rate.assign(rates[step])
            loss, right = self._one_step(self._images(batches[step]), tf.gather(self._y, batches[step]))
            index = [[step]]
            return (
                step + 1,
                tf.tensor_scatter_nd_update(losses, index, [loss]),
                tf.tensor_scatter_nd_update(correct, index, [right]),
                tf.math.is_finite(loss),
            )

        start = (0, tf.zeros([XLA_STEPS]), tf.zeros([XLA_STEPS], tf.int32), True)
        step, losses, correct, _ = tf.while_loop(unfinished, train, start)
        return losses, correct, step


def _joined(pieces: list[StepResults]) -> StepResults:
    return StepResults(*(np.concatenate(parts) for parts in zip(*pieces, strict=True)))
