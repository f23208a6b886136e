"""Text that people typed, as Markdown."""

import ast
from pathlib import Path

import pytest

from cnnlab.ui.plain_text import plain

ROOT = Path(__file__).parents[2]
JOINER = "\u2060"
# Streamlit's elements whose text is Markdown; a 'selectbox' and a 'dataframe' show plain text.
MARKDOWN = {
    *("markdown", "caption", "write", "info", "warning", "error", "success", "toast", "title", "header"),
    *("subheader", "expander", "metric", "button", "download_button", "progress", "image", "popover"),
}
TYPED = {"label", "name", "reason", "note", "message"}  # attributes whose text a person may have chosen


@pytest.mark.parametrize(
    "name, shown_as",
    [
        ("CNN 64-64 (2)", "CNN 64-64 (2)"),
        ("a *b* |c| $d$", r"a \*b\* \|c\| \$d\$"),
        (":red[a]", r"\:red\[a\]"),
        ("wrong: change it", "wrong: change it"),
        ("https://evil.example", rf"https\:{JOINER}//evil.example"),
        ("HTTP://evil.example", rf"HTTP\:{JOINER}//evil.example"),
        ("www.evil.example", rf"www{JOINER}.evil.example"),
        ("me@evil.example", rf"me{JOINER}@evil.example"),
        (":smile: :material/home:", rf"\:{JOINER}smile: \:{JOINER}material/home:"),
        ("a -> b", rf"a -{JOINER}\> b"),
        ("a <-- b", rf"a \<{JOINER}-{JOINER}- b"),
        ("&copy; a & b", r"\&copy; a & b"),
        ("1. a", r"1\. a"),
        ("- a", r"\- a"),
        ("a\n===", "a\n\\==="),
        ("0.5, -0.5 and +3.1 points", "0.5, -0.5 and +3.1 points"),
        ("-0.5 points", "-0.5 points"),
    ],
)
def test_a_name_is_shown_as_it_was_given(name, shown_as):
    assert plain(name) == shown_as


def unescaped(source: str) -> list[str]:
    """Calls that give Streamlit a typed text as Markdown, without `plain` around it."""
    return [
        ast.unparse(call)
        for call in ast.walk(ast.parse(source))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr in MARKDOWN
        if any(map(has_typed, shown_by(call)))
    ]


def shown_by(call: ast.Call) -> list[ast.expr]:
    """What the element shows as Markdown."""
    return [*call.args[:1], *(each.value for each in call.keywords if each.arg in ("text", "caption"))]


def has_typed(node: ast.AST) -> bool:
    called = node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else ""
    if called in ("plain", "markdown"):
        return False
    is_typed = called == "str" or (isinstance(node, ast.Attribute) and node.attr in TYPED)
    return is_typed or any(map(has_typed, ast.iter_child_nodes(node)))


def test_no_typed_text_reaches_markdown_as_it_is():
    files = [*(ROOT / "cnnlab/ui").rglob("*.py"), *(ROOT / "pages").glob("*.py")]
    assert {str(file): found for file in files if (found := unescaped(file.read_text()))} == {}


@pytest.mark.parametrize(
    "call",
    ["st.markdown(run.name)", "column.caption(f'**{each.label}**')", "st.progress(1, text=f'{run.reason}')"],
)
def test_one_that_does_would_be_noticed(call):
    assert len(unescaped(call)) == 1
    assert unescaped("st.markdown(plain(run.name), help=run.name)") == []
