"""One rule for what a page shows: the parameter of its address, and the choice that a person made before.

1. The address decides when it was changed from outside: as a session opens the page by a link, and whenever
   another link, or a button of another page, leads to it.
2. Otherwise the choice that was made in this session stands, also after a visit to other pages.
3. Without either, the newest is shown.

What is asked for and not in the store is named in a sentence. Afterwards the address names what is shown.
"""

from dataclasses import dataclass

import streamlit as st


@dataclass(frozen=True)
class AddressParameter:
    """A parameter that a page sets by itself."""

    name: str
    """In the address, such as 'comparison'."""
    key: str
    """Of the widget whose value it is, in the session's state."""

    def asked(self) -> str:
        """What the address asks for; empty if it was not changed from outside."""
        text = st.query_params.get(self.name, "")
        return "" if text in st.session_state.get(self._written_key, ()) else text

    def write(self, text: str) -> None:
        """Makes the address name what is shown; takes the parameter out of it if that is nothing."""
        # A browser that has not yet been told of the last text still sends the one before.
        written = st.session_state.get(self._written_key, ())
        st.session_state[self._written_key] = (*(each for each in written if each != text), text)
        if text:
            st.query_params[self.name] = text
        elif self.name in st.query_params:
            del st.query_params[self.name]

    def arrive(self) -> None:
        """Called when a person comes to a page: whatever its address then says was said from outside."""
        written = st.session_state.get(self._written_key, ())
        st.session_state[self._written_key] = written[-1:]
        st.session_state[self._arrived_key] = True

    def has_arrived(self) -> bool:
        """Whether the box has not been drawn since; what Streamlit holds is then of an earlier visit."""
        return st.session_state.pop(self._arrived_key, False)

    @property
    def _arrived_key(self) -> str:
        return f"{self.name} has arrived"

    @property
    def _written_key(self) -> str:
        return f"{self.name} in the address"


COMPARISON = AddressParameter("comparison", "chosen_comparison")
COMPARED_RUNS = AddressParameter("runs", "compared_runs")
COMPARED_GROUPS = AddressParameter("groups", "compared_groups")
STUDY = AddressParameter("study", "chosen_study")
RUN = AddressParameter("run", "chosen_run")
LESSON = AddressParameter("lesson", "chosen_lesson")
OF_PAGES = (COMPARISON, COMPARED_RUNS, COMPARED_GROUPS, STUDY, RUN, LESSON)
