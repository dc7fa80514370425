"""Where natural text is not the YAML it looks like: say so, and print the spelling that works.

YAML gives ``?``, ``!``, ``*``, ``&``, ``{``, ``: `` and `` #`` meanings of their own. libyaml's own
messages name tokens that a reader of rules has never met, so each trap is recognised from the line
it stands on and answered with the quoted line.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from planner.diagnostics import Diagnostic, Severity

if TYPE_CHECKING:
    import yaml

    from planner.io.source import Source

__all__ = [
    "comment_cut",
    "explain_alias",
    "explain_anchor",
    "explain_tag",
    "explain_yaml_error",
    "find_trap",
    "mark_of",
    "quoted_line",
    "single_quoted",
]

_ENTRY = re.compile(r"^(\s*(?:- +)*)((?:[^\s:\"'{\[#][^:#]*|\"[^\"]*\"|'[^']*'):(?:\s+|$))?(.*)$")


def single_quoted(text: str) -> str:
    """Write a text between single quotation marks."""
    return "'" + text.replace("'", "''") + "'"


def quoted_line(line: str) -> str:
    """The line with its value between single quotation marks: list dashes and key are kept."""
    prefix, key, value = _split(line)
    value = value.strip()
    if not value:
        return line.strip()
    return f"{prefix.lstrip()}{key}{single_quoted(value)}"


def _split(line: str) -> tuple[str, str, str]:
    match = _ENTRY.match(line)
    if match is None:
        return "", "", line
    prefix, key, value = match[1], match[2] or "", match[3]
    # `name(a, "x: y")` only looks like a key: the colon lies inside a bracket or a string.
    if key.count("(") != key.count(")") or (key.count('"') % 2 and not key.startswith('"')):
        return prefix, "", key + value
    if re.fullmatch(r"\d+(\.\d+)?:+\s*", key):
        return prefix, "", key + value
    return prefix, re.sub(r"\s+$", " ", key), value


def find_trap(line: str) -> tuple[str, str] | None:
    """Recognise a trap on a line: a sentence on what YAML does, and the spelling that works."""
    prefix, key, value = _split(line)
    value = value.strip()
    where = f"{prefix.lstrip()}{key}"
    if value.startswith("? "):
        return "YAML reads `? ` as the start of a mapping", f"{where}{single_quoted(value)}"
    probability = re.match(r"(\d+(?:\.\d+)?)::? +(.*)", value)
    if probability is not None:
        rest = re.sub(r"(?<=[\d.])::? +", "::", probability[2])
        fixed = f"{where}{probability[1]}::{rest}"
        return "YAML reads `: ` as the end of a key; a probability has no blank after `::`", fixed
    if value.startswith("["):
        if "?" in value or "(" in value:
            parts = _split_outside_brackets(value.strip("[] "))
            fixed = f"[{', '.join(single_quoted(part) for part in parts)}]"
            if len(parts) == 1:
                fixed = parts[0] if _is_plain_safe(parts[0]) else single_quoted(parts[0])
            message = "inside `[...]` YAML splits atoms at commas and reads `?` as a key"
            return message, f"{where}{fixed}"
        return None
    variable = re.fullmatch(r"\{(\w+)\}", value)
    if variable is not None and key.startswith("cost"):
        return "YAML reads `{` as the start of a mapping", f"{where}?{variable[1]}"
    if value.startswith("{"):
        return "YAML reads `{` as the start of a mapping", f"{where}{single_quoted(value)}"
    if value.startswith('"') and not re.fullmatch(r'"(?:[^"\\]|\\.)*"\s*(?:#.*)?', value):
        return "YAML ends the value at the second quotation mark", f"{where}{single_quoted(value)}"
    for sign, meaning in (("!", "a tag"), ("*", "an alias"), ("&", "an anchor")):
        if value.startswith(sign):
            fixed = f"not {value[1:].strip()}" if sign == "!" else single_quoted(value)
            return f"YAML reads `{sign}` as {meaning}", f"{where}{fixed}"
    if value[:1] in ("@", "`", "%", "|", ">"):
        return f"YAML gives `{value[0]}` a meaning of its own", f"{where}{single_quoted(value)}"
    if ": " in value or value.endswith(":"):
        return "YAML reads `: ` as the end of a key", f"{where}{single_quoted(value)}"
    return None


def _split_outside_brackets(text: str) -> list[str]:
    """Split at the commas that stand in no round bracket."""
    parts, level = [""], 0
    for character in text:
        level += (character == "(") - (character == ")")
        if character == "," and level == 0:
            parts.append("")
        else:
            parts[-1] += character
    return [part.strip() for part in parts]


def _is_plain_safe(text: str) -> bool:
    return not re.search(r": |:$| #", text) and text[:1] not in "?!&*{}[]|>@`%\"'#,"


def comment_cut(line: str) -> str | None:
    """The quoted spelling of a line whose value a comment cuts inside a string or a bracket."""
    cut = re.search(r"\s#", line)
    if cut is None:
        return None
    before = line[: cut.start()]
    if before.count('"') % 2 or before.count("(") > before.count(")"):
        return quoted_line(line)
    return None


def _trap_or(source: Source, line: int, message: str, fallback: str = "") -> tuple[str, str]:
    text = source.lines[line] if line < len(source.lines) else ""
    trap = find_trap(text)
    if trap is None:
        return message, fallback
    return f"{message}: {trap[0]}", f"write `{trap[1]}`"


def mark_of(event: yaml.Event) -> tuple[int, int]:
    """Line and column, from 0, at which an event starts."""
    mark = event.start_mark
    assert mark is not None, "libyaml marks every event"
    return mark.line, mark.column


def explain_yaml_error(source: Source, error: yaml.MarkedYAMLError) -> Diagnostic:
    """Turn libyaml's error into a located message in the reader's words."""
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line, mark.column) if mark is not None else (0, 0)
    text = source.lines[line] if line < len(source.lines) else ""
    problem = error.problem or "unreadable text"
    headless = _headless(source, line)
    if headless is not None and ("mapping values" in problem or "expected" in problem):
        above = source.lines[headless].rstrip()
        indent = len(above) - len(above.lstrip())
        span = source.span(headless, indent, len(above) - indent)
        message = "a `:` is missing at the end of this line: what is indented below belongs to it"
        return Diagnostic("yaml", message, span, f"write `{above.strip()}:`")
    message, suggestion = f"this is not YAML: {problem}", ""
    if "\t" in text[: len(text) - len(text.lstrip())]:
        message = "YAML does not allow tabs for indentation"
        suggestion = "indent with blanks"
    elif "mapping values are not allowed" in problem:
        message, suggestion = _explain_colon(source, error, line, column)
    elif "could not find expected ':'" in problem or "expected key" in problem:
        message, suggestion = _trap_or(
            source, line, "this line is neither a key nor a list entry in its place",
            "check the indentation, or whether a `:` is missing",
        )  # fmt: skip
    elif "quoted scalar" in (error.context or ""):
        start = error.context_mark
        if start is not None:
            line, column = start.line, start.column
        message, suggestion = "the quotation mark is never closed", "close it on the same line"
    elif "flow" in (error.context or "") and error.context_mark is not None:
        line, column = error.context_mark.line, error.context_mark.column
        message, suggestion = _trap_or(source, line, "the bracket is not closed", "close it")
    else:
        message, suggestion = _trap_or(source, line, message)
    return Diagnostic("yaml", message, source.span(line, column), suggestion)


def _headless(source: Source, line: int) -> int | None:
    """The line above that a key of its own would make the head of this one, if it is none."""

    def indentation(text: str) -> int:
        return len(text) - len(text.lstrip())

    if line >= len(source.lines) or not source.lines[line].strip():
        return None
    number = line - 1
    while number >= 0 and source.lines[number].strip()[:1] in ("", "#"):
        number -= 1
    if number < 0:
        return None
    above = source.lines[number].strip()
    is_name = re.fullmatch(r"[\w][\w-]*\s*(\([^()\"']*\))?", above)
    deeper = indentation(source.lines[line]) > indentation(source.lines[number])
    return number if is_name and deeper else None


def _explain_colon(
    source: Source, error: yaml.MarkedYAMLError, line: int, column: int
) -> tuple[str, str]:
    text = source.lines[line] if line < len(source.lines) else ""
    if column > 1024:
        return "a key may have at most 1,024 characters", "shorten it"
    above = source.lines[line - 1].strip() if line else ""
    if above.count("(") > above.count(")"):
        return "a key must stand on one line", f"write `{above} {text.strip()}`"
    trap = find_trap(text)
    if trap is not None:
        return f"this is not YAML: {trap[0]}", f"write `{trap[1]}`"
    return "a `:` is not allowed here", "quote the value, or check the indentation"


def explain_tag(source: Source, event: yaml.NodeEvent) -> Diagnostic:
    """YAML's tags are not used; ``!p(?x)`` was meant as a negation."""
    line, column = mark_of(event)
    message, suggestion = _trap_or(source, line, "tags are not used here", "leave the tag out")
    return Diagnostic("yaml-tag", message, source.span(line, column), suggestion)


def explain_alias(source: Source, event: yaml.AliasEvent) -> Diagnostic:
    """An alias without an anchor is a text that starts with an asterisk."""
    line, column = mark_of(event)
    message, suggestion = _trap_or(source, line, f"no anchor `&{event.anchor}` stands above")
    return Diagnostic("yaml-alias", message, source.span(line, column), suggestion)


def explain_anchor(source: Source, event: yaml.NodeEvent) -> Diagnostic | None:
    """An anchor in front of nothing is a text that starts with an ampersand."""
    if getattr(event, "value", None):
        return None
    line, column = mark_of(event)
    message, suggestion = _trap_or(source, line, "an anchor with no value")
    span = source.span(line, column)
    return Diagnostic("yaml-anchor", message, span, suggestion, Severity.ERROR)
