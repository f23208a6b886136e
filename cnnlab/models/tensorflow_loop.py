"""Training steps in a compiled loop of TensorFlow, over images that stay on the device.

It runs many steps in one call and updates Adam's variables by TensorFlow's fused kernel, so that Python takes
hardly any of the time.
"""

from typing import Any

import keras
import numpy as np

from cnnlab.data.augmentation import Augmentation
from cnnlab.models.augmentation import BatchAugmentation
from cnnlab.models.pooled_first import training_logits
from cnnlab.models.precision import computing_in
from cnnlab.models.step_results import StepResults
from cnnlab.spec import Precision


class TensorFlowLoop:
    """Many training steps in one compiled call, over images that stay on the device."""

    def __init__(
        self,
        model: keras.Model,
        x: np.ndarray,
        y: np.ndarray,
        batch_size: int,
        augmentation: Augmentation | None = None,
        values: np.ndarray | None = None,
        precision: Precision = "float32",
    ) -> None:
        import tensorflow as tf

        self.model = model
        self.precision = precision
        self.optimizer = model.optimizer
        self.optimizer.build(model.trainable_variables)
        self.batch_size = batch_size
        self._x, self._y = tf.constant(x), tf.constant(y)
        self._values = None if values is None else tf.constant(values)
        self._augmentation = BatchAugmentation(augmentation, x, batch_size) if augmentation else None
        self._prepare(x.shape[1:])

    def _prepare(self, image: tuple[int, ...]) -> None:
        """Makes the functions that TensorFlow compiles when they are first called."""
        import tensorflow as tf

        indices, rates = tf.TensorSpec([None], tf.int32), tf.TensorSpec([None], tf.float32)
        self._steps = tf.function(self._run_steps, input_signature=[indices])
        self._steps_with_rates = tf.function(self._run_steps, input_signature=[indices, rates])
        batch = tf.TensorSpec([None, *image], tf.float32)
        self._forward = tf.function(self._run_forward, input_signature=[batch])

    def train(self, order: np.ndarray, rates: np.ndarray | None = None) -> StepResults:
        """See `Engine.train`."""
        if self._augmentation:
            self._augmentation.begin(int(self.optimizer.iterations))
        losses, correct = self._steps(order) if rates is None else self._steps_with_rates(order, rates)
        return StepResults(losses.numpy(), correct.numpy())

    def predict(self, x: np.ndarray) -> np.ndarray:
        """See `Engine.predict`."""
        return self._forward(x).numpy()

    def _run_forward(self, x: Any) -> Any:
        return self.model(x, training=False)

    def _run_steps(self, order: Any, rates: Any = None) -> Any:
        """Losses and hits of the steps; TensorFlow's AutoGraph turns it into one loop of its graph."""
        import tensorflow as tf

        size = self.batch_size
        steps = (tf.size(order) + size - 1) // size
        losses = tf.TensorArray(tf.float32, steps)
        correct = tf.TensorArray(tf.int32, steps)
        step: Any = tf.constant(0)
        finite = tf.constant(True)
        while step < steps and finite:
            if rates is not None:
                self.optimizer.learning_rate.assign(rates[step])
            batch = order[step * size : (step + 1) * size]
            loss, right = self._one_step(self._images(batch), tf.gather(self._y, batch))
            losses, correct = losses.write(step, loss), correct.write(step, right)
            finite = tf.math.is_finite(loss)
            step += 1
        return losses.stack()[:step], correct.stack()[:step]

    def _images(self, batch: Any) -> Any:
        """The training images of a batch of indices, augmented if the run asks for it."""
        import tensorflow as tf

        x = tf.gather(self._x, batch)
        if self._values is not None:
            x = tf.gather(self._values, tf.cast(x, tf.int32))
        return self._augmentation.augment(x, batch) if self._augmentation else x

    def _one_step(self, x: Any, y: Any) -> tuple[Any, Any]:
        """Updates the weights for one batch; returns its loss and hits from before the update."""
        import tensorflow as tf

        variables = self.model.trainable_variables
        with tf.GradientTape() as tape:
            # Neither the loss nor the hits need the softmax.
            with computing_in(self.precision, self.model.layers):  # as it is traced
                scores = training_logits(self.model.layers, x)
            loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(y, scores))
            objective = sum(self.model.losses, start=loss)  # with the penalties of a weight decay
        gradients = tape.gradient(objective, [variable.value for variable in variables])
        if type(self.optimizer) is keras.optimizers.Adam:
            _apply_fused_adam(self.optimizer, gradients, variables)
        else:
            self.optimizer.apply(gradients, variables)
        right = tf.equal(tf.argmax(scores, axis=-1), y)
        return loss, tf.reduce_sum(tf.cast(right, tf.int32))


def _apply_fused_adam(optimizer: keras.optimizers.Adam, gradients: list[Any], variables: list[Any]) -> None:
    """Adam's update by one TensorFlow kernel a variable, on the Keras optimizer's own variables.

    The formula is that of Keras's `Adam.update_step` (Kingma and Ba 2015, the efficient order of computation
    at the end of their section 2), which takes about ten small operations a variable.
    """
    import tensorflow as tf

    optimizer.iterations.value.assign_add(1)
    step = tf.cast(optimizer.iterations.value, tf.float32)
    # Keras has no public name for the moments; the tests compare with plain `fit`.
    moments = zip(optimizer._momentums, optimizer._velocities, strict=True)
    for gradient, variable, (first, second) in zip(gradients, variables, moments, strict=True):
        tf.raw_ops.ResourceApplyAdam(
            var=variable.value.handle,
            m=first.value.handle,
            v=second.value.handle,
            beta1_power=tf.pow(optimizer.beta_1, step),
            beta2_power=tf.pow(optimizer.beta_2, step),
            lr=optimizer.learning_rate.value,
            beta1=optimizer.beta_1,
            beta2=optimizer.beta_2,
            epsilon=optimizer.epsilon,
            grad=gradient,
        )
