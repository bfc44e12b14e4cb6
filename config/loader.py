"""TOML files into typed settings; every error names the file, the key and the remedy."""

from __future__ import annotations

import difflib
import math
import re
import tomllib
import typing
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import msgspec

T = TypeVar("T", bound=msgspec.Struct)

_UNKNOWN = re.compile(r"Object contains unknown field `(?P<key>[^`]+)`(?: - at `\$(?P<at>.*)`)?")
_MISSING = re.compile(r"Object missing required field `(?P<key>[^`]+)`(?: - at `\$(?P<at>.*)`)?")
_OTHER = re.compile(r"(?P<what>.*?)(?: - at `\$(?P<at>.*)`)?$", re.DOTALL)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class SettingsError(Exception):
    """A settings file that cannot be used: `problems` holds one line for each fault in it."""

    def __init__(self, file: Path, problems: Sequence[str]) -> None:
        super().__init__("\n".join(f"{file}: {problem}" for problem in problems))
        self.file = file
        self.problems = tuple(problems)


def load(file: Path, settings: type[T]) -> T:
    """Read `file` into `settings`, section by section, so that all faults show at once.

    Raises
    ------
    SettingsError
        If the file cannot be read, is not TOML, or holds a wrong key or value.
    """
    try:
        tables = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise SettingsError(file, [f"{reason}; name a settings file that is there"]) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(file, [f"not TOML: {error}; mend that line"]) from None
    problems = [*_problems(tables, settings), *_unusable(tables)]
    if problems:
        raise SettingsError(file, problems)
    return msgspec.convert(tables, settings)


def _problems(tables: Mapping[str, object], settings: type[msgspec.Struct]) -> Iterator[str]:
    """Check each section, and each table of a list of tables, by itself."""
    fields = {field.encode_name: field for field in msgspec.structs.fields(settings)}
    for key, value in tables.items():
        if key not in fields:
            yield f"unknown key `{key}`; {_instead(key, fields)}"
            continue
        element = _element_type(fields[key].type)
        if element is not None and isinstance(value, list):
            for number, item in enumerate(typing.cast(list[object], value)):
                yield from problem_with(item, element, f"{key}[{number}]")
        else:
            yield from problem_with(value, fields[key].type, key)
    for name, field in fields.items():
        if field.required and name not in tables:
            yield f"`{name}` is missing; add it"


def _unusable(value: object, path: str = "") -> Iterator[str]:
    """Find what TOML knows and nothing here can use: `nan`, `inf`, and control characters."""
    if isinstance(value, float) and not math.isfinite(value):
        yield f"`{path}`: {value} is not a finite number; give one"
    elif isinstance(value, str) and _CONTROL.search(value):
        yield f"`{path}`: holds a control character; write it without"
    elif isinstance(value, Mapping):
        for key, inner in typing.cast(Mapping[str, object], value).items():
            yield from _unusable(inner, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for number, inner in enumerate(typing.cast(list[object], value)):
            yield from _unusable(inner, f"{path}[{number}]")


def problem_with(value: object, expected: object, path: str) -> Iterator[str]:
    """Say why `value` at `path` is not of the type `expected`; nothing where it is."""
    try:
        msgspec.convert(value, expected)
    except msgspec.ValidationError as error:
        yield _in_words(str(error), expected, path)


def _in_words(text: str, expected: object, path: str) -> str:
    if found := _UNKNOWN.match(text):
        known = sorted(_keys_anywhere(expected))
        return f"unknown key `{path}{found['at'] or ''}.{found['key']}`; " + _instead(
            found["key"], known
        )
    if found := _MISSING.match(text):
        return f"`{path}{found['at'] or ''}.{found['key']}` is missing; add it"
    found = _OTHER.match(text)
    assert found  # the pattern matches any text
    what = found["what"][:1].lower() + found["what"][1:]
    return f"`{path}{found['at'] or ''}`: {what}; give such a value"


def _instead(key: str, known: typing.Iterable[str]) -> str:
    names = list(known)
    close = difflib.get_close_matches(key, names, n=1)
    if close:
        return f"did you mean `{close[0]}`?"
    return f"remove it (known: {', '.join(names)})"


def _element_type(kind: object) -> object | None:
    """The type of a `tuple[X, ...]`'s elements; None for anything else."""
    arguments: tuple[object, ...] = typing.get_args(kind)
    if typing.get_origin(kind) is tuple and len(arguments) == 2 and arguments[1] is Ellipsis:
        return arguments[0]
    return None


def _keys_anywhere(kind: object) -> set[str]:
    """All keys that `kind` or a type inside it knows, to guess what a misspelt one meant."""
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        fields = msgspec.structs.fields(kind)
        inner = [_keys_anywhere(field.type) for field in fields]
        return {field.encode_name for field in fields}.union(*inner)
    return set[str]().union(*map(_keys_anywhere, typing.get_args(kind)))
