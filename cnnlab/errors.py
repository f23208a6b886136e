"""The errors whose message is a sentence for the person at the screen or the command line.

    UserError
    ├── InputRefused         what was typed or uploaded cannot be used
    │   └── PictureRefused   an upload or a drawing cannot become an image
    ├── SettingsRefused      the settings cannot be trained
    ├── DatasetUnavailable   the images are not at hand, or damaged
    ├── TrainerUnavailable   no worker can be reached, or none answers in time
    ├── RunNotFound          the store has no such run, or the run no such file
    ├── RunNotReady          a run is not in the state that this takes
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


class TrainerUnavailable(UserError):
    """No worker can be reached, or none answers in time."""


class RunNotFound(UserError):
    """The store has no such run, or the run has no such file."""


class RunNotReady(UserError):
    """A run is not in the state that an action takes, such as ended."""


class CannotConvert(UserError):
    """A network cannot be written in another format."""
