"""Visitors of the dashboard without a browser: they speak Streamlit's own protocol over its WebSocket.

A visitor does what a browser does with the server: it gets the page's messages, keeps those that may be
kept, sends all of its widgets' values with each change, and asks for polled parts as often as they say. It
draws nothing, so that fifty of them fit beside a server; `tests/browser` has real browsers.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, Callable
from urllib.parse import urlsplit

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

PATIENCE = 180.0  # seconds, on a machine that has more to do


class Visitor:
    """One tab of one person; made by `visiting`."""

    def __init__(self, connection: ClientConnection, url: str) -> None:
        self.errors: list[str] = []
        """What a person would have seen as an exception or as an error."""
        self.messages = 0
        """How many have come."""
        self._connection = connection
        self._url = url
        self._query = urlsplit(url).query
        self._page = ""  # the hash of its script, as the server calls it
        self._elements: dict[tuple[int, ...], Element] = {}
        self._drawn: set[tuple[int, ...]] = set()  # places, in the script run under way
        self._widgets: dict[str, WidgetState] = {}
        self._kept: dict[str, ForwardMsg] = {}
        self._polls: dict[str, asyncio.Task] = {}
        self._news = asyncio.Condition()
        self._finished = 0  # runs of the whole script
        self._gone = False

    @property
    def texts(self) -> list[str]:
        """The texts of the page: of Markdown, HTML and alerts."""
        kinds = {"markdown": "body", "html": "body", "alert": "body", "heading": "body"}
        return [
            getattr(getattr(element, kind), field)
            for element in list(self._elements.values())
            for kind, field in kinds.items()
            if element.WhichOneof("type") == kind
        ]

    async def until(self, shown: Callable[["Visitor"], bool], patience: float = PATIENCE) -> float:
        """Waits until the page shows something; returns how many seconds that took.

        Raises `TimeoutError`.
        """
        began = time.perf_counter()
        async with asyncio.timeout(patience), self._news:
            await self._news.wait_for(lambda: shown(self) or self._gone)
        assert not self._gone, f"the connection has ended: {self.errors}"
        return time.perf_counter() - began

    async def move(self, key: str, choice: str, shown: Callable[["Visitor"], bool]) -> float:
        """Chooses on the slider of this key; returns the seconds until the page shows what it should."""
        await self.until(lambda visitor: visitor._id_of(key) in visitor._widgets)
        self._widgets[self._id_of(key)].string_array_value.data[:] = [choice]
        began = time.perf_counter()
        await self._rerun()
        await self.until(shown)
        return time.perf_counter() - began

    async def press(self, key: str) -> None:
        """Presses a button as soon as it can be pressed, and waits until the page has run."""
        await self.until(lambda visitor: visitor.is_enabled(key))
        finished = self._finished
        await self._rerun(pressed=self._id_of(key))
        await self.until(lambda visitor: visitor._finished > finished)

    def is_enabled(self, key: str) -> bool:
        """Whether the page has a button of this key that can be pressed."""
        buttons = [
            each.button for each in list(self._elements.values()) if each.WhichOneof("type") == "button"
        ]
        return any(_is_key(button.id, key) and not button.disabled for button in buttons)

    def _id_of(self, key: str) -> str:
        """The widget's id, which ends in its key; empty where the page has none."""
        return next((each for each in map(_widget_id, self._elements.values()) if _is_key(each, key)), "")

    async def _rerun(self, pressed: str = "", fragment: str = "") -> None:
        message = BackMsg()
        client = message.rerun_script
        client.query_string, client.page_script_hash, client.fragment_id = self._query, self._page, fragment
        client.page_name = "" if self._page else urlsplit(self._url).path.strip("/")
        client.is_auto_rerun = bool(fragment)
        client.context_info.url, client.context_info.timezone = self._url, "Europe/Berlin"
        client.cached_message_hashes.extend(self._kept)
        client.widget_states.widgets.extend(self._widgets.values())
        if pressed:
            client.widget_states.widgets.append(WidgetState(id=pressed, trigger_value=True))
        await self._connection.send(message.SerializeToString())

    async def _listen(self) -> None:
        try:
            await self._receive()
        except ConnectionClosed as ended:
            self.errors.append(str(ended))
        finally:
            self._gone = True
            async with self._news:
                self._news.notify_all()

    async def _receive(self) -> None:
        async for content in self._connection:
            message = ForwardMsg.FromString(content)  # ty: ignore[invalid-argument-type]
            self.messages += 1
            if message.WhichOneof("type") == "ref_hash":
                metadata = message.metadata
                message = self._kept[message.ref_hash]
                message.metadata.CopyFrom(metadata)
            elif message.metadata.cacheable:
                self._kept[message.hash] = message
            async with self._news:
                self._take(message)
                self._news.notify_all()

    def _take(self, message: ForwardMsg) -> None:
        match message.WhichOneof("type"):
            case "new_session":
                self._page = message.new_session.page_script_hash
                self._drawn.clear()
                if not message.metadata.run.fragment_ids:
                    self._end_polls()
            case "delta" if message.delta.WhichOneof("type") == "new_element":
                self._draw(tuple(message.metadata.delta_path), message.delta.new_element)
            case "page_info_changed":
                self._query = message.page_info_changed.query_string
            case "auto_rerun":
                poll = self._poll(message.auto_rerun.fragment_id, message.auto_rerun.interval)
                self._polls[message.auto_rerun.fragment_id] = asyncio.create_task(poll)
            case "script_finished":
                if message.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY:
                    self._forget_the_rest()
                    self._finished += 1
            case "session_event":
                self.errors.append(str(message.session_event))

    def _draw(self, place: tuple[int, ...], element: Element) -> None:
        self._elements[place] = element
        self._drawn.add(place)
        kind = element.WhichOneof("type")
        if kind == "exception":
            self.errors.append(f"{element.exception.type}: {element.exception.message}")
        if state := _state_of(element):
            drawn = getattr(element, kind or "")
            if drawn.id not in self._widgets or drawn.set_value:
                self._widgets[drawn.id] = state

    def _forget_the_rest(self) -> None:
        """Takes away what the page no longer shows."""
        self._elements = {place: each for place, each in self._elements.items() if place in self._drawn}
        shown = {_widget_id(each) for each in self._elements.values()}
        self._widgets = {widget_id: each for widget_id, each in self._widgets.items() if widget_id in shown}

    async def _poll(self, fragment: str, seconds: float) -> None:
        with contextlib.suppress(ConnectionClosed):  # `_listen` tells
            while True:
                await asyncio.sleep(seconds)
                await self._rerun(fragment=fragment)

    def _end_polls(self) -> None:
        while self._polls:
            self._polls.popitem()[1].cancel()


def _widget_id(element: Element) -> str:
    """Empty where it is none."""
    return getattr(getattr(element, element.WhichOneof("type") or "", None), "id", "")


def _is_key(widget_id: str, key: str) -> bool:
    return widget_id.startswith("$$") and widget_id.endswith(f"-{key}")


def _state_of(element: Element) -> WidgetState | None:
    """What a browser sends for a widget that was just drawn; None for what sends nothing by itself."""
    match element.WhichOneof("type"):
        case "slider" if element.slider.options:
            return _chosen(element.slider, list(element.slider.raw_value))
        case "slider":
            slider = element.slider
            state = WidgetState(id=slider.id)
            state.double_array_value.data[:] = slider.value if slider.set_value else slider.default
            return state
        case "number_input":
            field = element.number_input
            if not field.set_value and not field.HasField("default"):
                return None  # an empty field
            return WidgetState(id=field.id, double_value=field.value if field.set_value else field.default)
        case "checkbox":
            box = element.checkbox
            return WidgetState(id=box.id, bool_value=box.value if box.set_value else box.default)
        case "selectbox":
            box = element.selectbox
            chosen = box.raw_value if box.set_value else box.options[box.default] if box.options else ""
            return WidgetState(id=box.id, string_value=chosen)
    return None


def _chosen(slider: "Element.slider", values: list[str]) -> WidgetState:  # ty: ignore[unresolved-attribute]
    """Of a slider over named values, which counts its default by number."""
    state = WidgetState(id=slider.id)
    state.string_array_value.data[:] = (
        values if slider.set_value else [slider.options[int(number)] for number in slider.default]
    )
    return state


@contextlib.asynccontextmanager
async def visiting(address: str, path: str = "") -> AsyncGenerator[Visitor]:
    """A visitor who has opened the dashboard there, with its page drawn; it leaves at the end."""
    host = urlsplit(address).netloc
    url = f"ws://{host}/_stcore/stream"
    async with connect(url, origin=f"http://{host}", subprotocols=["streamlit"], max_size=None) as connection:  # ty: ignore[invalid-argument-type]
        visitor = Visitor(connection, f"{address}/{path}")
        listening = asyncio.create_task(visitor._listen())
        await visitor._rerun()
        await visitor.until(lambda each: each._finished > 0)
        yield visitor
        visitor._end_polls()
        listening.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await listening
