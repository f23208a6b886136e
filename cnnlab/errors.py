"""The errors whose message is a sentence for the person at the screen or the command line.

    UserError
    ├── InputRefused         what was typed or uploaded cannot be used
    │   └── PictureRefused   an upload or a drawing cannot become an image
    ├── SettingsRefused      the settings cannot be trained
    ├── DatasetUnavailable   the images are not at hand, or damaged
    ├── DatasetInUse         a data set cannot be removed while runs use it
    ├── BackendUnavailable   Keras cannot compute with the backend that is asked for
    ├── TrainerUnavailable   no worker can be reached, or none answers in time
    ├── RunNotFound          the store has no such run, or the run no such file
    ├── ArtifactDamaged      a file of a run cannot be read
    ├── NotFinite            a network's weights or outputs are not numbers, since its training diverged
    ├── OutOfMemory          a worker's memory, or its GPU's, ran out
    ├── RunNotReady          a run is not in the state that this takes
    │   └── NotTrainedHere   a run is not, or no longer, this process's to train
    ├── StoreUnavailable     the store of runs is busy, full, unreachable, or no store of MLflow
    ├── LessonRefused        the file of a lesson cannot be used
    └── CannotConvert        a network cannot be written in another format

Each message gives the rule, what was received, and the control that mends it. Every other exception is a
fault of the program.
"""


class UserError(Exception):
    """The message can be shown as it is."""


class InputRefused(UserError):
    """Something that was typed or uploaded cannot be used."""


class PictureRefused(InputRefused):
    """An upload or a drawing cannot become an image."""


class SettingsRefused(UserError):
    """The settings cannot be trained; one sentence for each reason."""


class DatasetUnavailable(UserError):
    """The images of a data set are not at hand, or a file is damaged."""


class DatasetInUse(UserError):
    """A data set cannot be removed, since runs were trained on it."""


class BackendUnavailable(UserError):
    """Keras cannot compute with the backend that KERAS_BACKEND asks for."""


class TrainerUnavailable(UserError):
    """No worker can be reached, or none answers in time."""


class RunNotFound(UserError):
    """The store has no such run, or the run has no such file."""


class ArtifactDamaged(UserError):
    """A file of a run cannot be read."""


class NotFinite(UserError):
    """A network's weights or outputs are not numbers, since its training diverged."""


class OutOfMemory(UserError):
    """A worker's memory, or its GPU's, ran out in a training or a computation."""


class RunNotReady(UserError):
    """A run is not in the state that an action takes, such as ended."""


class NotTrainedHere(RunNotReady):
    """A run has ended, or another process trains it: this one writes nothing into it."""


class StoreUnavailable(UserError):
    """The store of runs cannot be used."""

    def __init__(self, sentence: str, passes: bool) -> None:
        """`passes`: whether it may pass by itself, so that it is worth trying again."""
        super().__init__(sentence)
        self.passes = passes


class CannotConvert(UserError):
    """A network cannot be written in another format."""


class LessonRefused(UserError):
    """The file of a lesson cannot be used."""
