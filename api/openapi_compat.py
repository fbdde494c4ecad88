"""Whether a new version of an OpenAPI 3.1 document breaks clients that were written to an older one.

Clients are expected to ignore what they don't know: new routes, optional parameters, properties of an answer, statuses
and error codes never break them. Neither does another value of an enumeration in an answer, except where there was
only one: a client that was told a constant has no reason to look at it. In an error answer every documented value is a
promise, the codes above all.

Limits (lengths, ranges, patterns) are judged in what clients send and not in what they receive, since a limit that is
raised for the one is raised for the other. A schema that is silent about additional properties promises nothing.
Not looked at: conditions (`not`, `if`, `dependentRequired`), `propertyNames`, the headers of answers, servers.
"""

from __future__ import annotations

import enum
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import yaml

Node = Mapping[str, Any]
Form = dict[str, Any]  # a schema of one type, without references and combinations
Problem = tuple[str, str]  # where in a schema, as `items[].price`, and what happened there
Parameters = dict[tuple[str, str], Node]

_METHODS = ("get", "put", "post", "patch", "delete", "head", "options", "trace")
_UPPER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
_LOWER = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_COMBINING = ("$ref", "allOf", "oneOf", "anyOf", "type", "nullable", "const", "enum")
_WIDER_FORMATS = {("int32", "int64"), ("float", "double")}
_ANYTHING: Node = {}


class Way(enum.Enum):
    """Who has to understand a value: the API what a client sends, or a client what it is answered."""

    REQUEST = "request"
    RESPONSE = "response"
    ERROR = "error"


def breaking_changes(old: Node, new: Node) -> list[str]:
    """A sentence for each thing that a client of `old` could rely on and can't in `new`; none when all is well.

    Raises ValueError for a reference that leads nowhere or out of its document.
    """
    return list(dict.fromkeys(_Comparison(_Document(old), _Document(new)).sentences()))


def breaking_changes_of_files(old: Path, new: Path) -> list[str]:
    """`breaking_changes` of two documents in YAML or JSON. Raises ValueError for a file that holds none."""
    documents = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in (old, new)]
    for path, document in zip((old, new), documents, strict=True):
        if not isinstance(document, dict) or "paths" not in document:
            raise ValueError(f"{path} is no OpenAPI document.")
    return breaking_changes(*documents)


class _Document:
    """One document, and its schemas taken apart."""

    def __init__(self, root: Node) -> None:
        self.root = root
        self._taken_apart: dict[str, list[Form]] = {}

    def at(self, reference: str) -> Any:
        if not reference.startswith("#"):
            raise ValueError(f"The reference {reference} leads out of the document.")
        node: Any = self.root
        for part in unquote(reference).split("/")[1:]:
            key = part.replace("~1", "/").replace("~0", "~")
            try:
                node = node[int(key)] if isinstance(node, Sequence) else node[key]
            except (LookupError, TypeError, ValueError):
                raise ValueError(f"The reference {reference} leads nowhere.") from None
        return node

    def resolve(self, node: Any) -> Node:
        """What `node` is, or refers to; nothing when it refers to itself."""
        seen: set[str] = set()
        while isinstance(node, Mapping) and "$ref" in node and node["$ref"] not in seen:
            seen.add(node["$ref"])
            node = self.at(node["$ref"])
        return node if isinstance(node, Mapping) and "$ref" not in node else {}

    def operations(self) -> dict[tuple[str, str], tuple[str, Parameters, Node]]:
        """The path, the parameters and the operation, by method and by path without the names in it."""
        found = {}
        for path, item in ((path, self.resolve(node)) for path, node in self.root.get("paths", {}).items()):
            for method in (method for method in _METHODS if method in item):
                parameters = self._parameters(path, item) | self._parameters(path, item[method])
                found[re.sub(r"\{[^}]*\}", "{}", path), method] = (path, parameters, item[method])
        return found

    def _parameters(self, path: str, node: Node) -> Parameters:
        """By place and name; those in the path by their position, since only that shows in a URL."""
        slots = re.findall(r"\{([^}]*)\}", path)
        found = {}
        for parameter in map(self.resolve, node.get("parameters", ())):
            place, name = str(parameter.get("in")), str(parameter.get("name"))
            position = str(slots.index(name)) if place == "path" and name in slots else name
            found[place, position.lower() if place == "header" else position] = parameter
        return found

    def forms(self, schema: Any) -> list[Form]:
        """All the forms that a value may have, null among them."""
        text = _text(schema)
        if text not in self._taken_apart:
            self._taken_apart[text] = _joined(self._forms(schema, frozenset()))
        return self._taken_apart[text]

    def _forms(self, schema: Any, within: frozenset[str]) -> list[Form]:
        if not isinstance(schema, Mapping):
            return [] if schema is False else [{}]
        forms = _own_forms(schema)
        groups = [[part] for part in schema.get("allOf", ())]
        groups += [schema[choice] for choice in ("oneOf", "anyOf") if choice in schema]
        if "$ref" in schema:
            groups.append([self.at(schema["$ref"])])
            within |= {schema["$ref"]}
        for group in groups:
            # A schema that consists of itself says nothing by that.
            parts = [p for p in group if not isinstance(p, Mapping) or p.get("$ref") not in within]
            others = [form for part in parts for form in self._forms(part, within)] if parts else [{}]
            both = (_both(one, other) for one in forms for other in others)
            forms = [form for form in both if form is not None]
        return forms

    def properties(self, form: Form, hidden: str) -> dict[str, Any]:
        """Those that don't say of themselves that they are `hidden`, as `readOnly`."""
        parts: dict[str, Any] = form.get("properties", {})
        return {
            name: part
            for name, part in parts.items()
            if not any(each.get(hidden) is True for each in self.forms(part))
        }

    def ways_in(self, operation: Node) -> list[dict[str, set[str]]]:
        """Each way to authenticate, with its scopes; the empty one is to do without."""
        ways = operation.get("security", self.root.get("security")) or [{}]
        return [{name: set(scopes) for name, scopes in way.items()} for way in ways]


def _own_forms(schema: Node) -> list[Form]:
    """What the schema says itself, for each of its types."""
    own = {key: value for key, value in schema.items() if key not in _COMBINING}
    implied = [kind for kind, key in (("object", "properties"), ("array", "items")) if key in schema]
    types = schema.get("type", implied[:1])
    types = [types] if isinstance(types, str) else [*types]
    types += ["null"] if types and schema.get("nullable") is True else []
    values = [schema["const"]] if "const" in schema else schema.get("enum")
    if values is None:
        return [{**own, "type": each} for each in types] or [own]
    by_type: dict[str, list[Any]] = {}
    for value in values:
        each = _type_of(value)
        each = "number" if each == "integer" and "number" in types else each
        if not types or each in types:
            by_type.setdefault(each, []).append(value)
    return [{**own, "type": each, "enum": found} for each, found in by_type.items()]


def _type_of(value: Any) -> str:
    kinds = ((bool, "boolean"), (int, "integer"), (float, "number"), (Mapping, "object"), (list, "array"))
    named = (name for kind, name in kinds if isinstance(value, kind))
    return "null" if value is None else next(named, "string")


def _both(one: Form, other: Form) -> Form | None:
    """What is of both forms, None when nothing can be; where they can't be joined, what the second one says."""
    merged = one | other
    for key in one.keys() & other.keys():
        mine, theirs = one[key], other[key]
        if key == "type" and mine != theirs:
            if {mine, theirs} != {"integer", "number"}:
                return None
            merged[key] = "integer"
        elif key == "enum":
            texts = {_text(value) for value in theirs}
            merged[key] = [value for value in mine if _text(value) in texts]
        elif key == "required":
            merged[key] = [*mine, *theirs]
        elif key == "properties":
            shared = {name: _all_of(mine[name], theirs[name]) for name in mine if name in theirs}
            merged[key] = mine | theirs | shared
        elif key in _UPPER or key in _LOWER:
            merged[key] = min(mine, theirs) if key in _UPPER else max(mine, theirs)
    return merged if merged.get("enum") != [] else None


def _all_of(*schemas: Any) -> Any:
    """One schema that says what all of them say, each thing once: schemas within themselves come to an end."""
    parts: list[Any] = []
    for schema in schemas:
        joined = isinstance(schema, Mapping) and schema.keys() == {"allOf"}
        parts += [part for part in (schema["allOf"] if joined else [schema]) if part not in parts]
    return {"allOf": parts} if len(parts) > 1 else parts[0]


def _joined(forms: Iterable[Form]) -> list[Form]:
    """The same forms with one enumeration for each type: it doesn't matter how its values are spread."""
    joined: list[Form] = []
    for form in forms:
        same = [one for one in joined if "enum" in one and "enum" in form and one["type"] == form["type"]]
        if same:
            same[0]["enum"] = [*same[0]["enum"], *form["enum"]]
        else:
            joined.append(dict(form))
    return joined


class _Comparison:
    """What of the old document the new one doesn't keep."""

    def __init__(self, old: _Document, new: _Document) -> None:
        self.old = old
        self.new = new
        self.compared: dict[tuple[str, str], list[Problem]] = {}

    def sentences(self) -> Iterator[str]:
        operations = self.new.operations()
        for key, (path, parameters, old) in self.old.operations().items():
            route = f"{key[1].upper()} {path}"
            if key not in operations:
                yield f"{route} is gone"
                continue
            _, new_parameters, new = operations[key]
            yield from (f"{route}: {what}" for what in self.parameters(parameters, new_parameters))
            yield from (f"{route}: {what}" for what in (*self.body(old, new), *self.responses(old, new)))
            yield from (
                f"{route}: {what}" for what in _security(self.old.ways_in(old), self.new.ways_in(new))
            )

    def parameters(self, old: Parameters, new: Parameters) -> Iterator[str]:
        for key, parameter in {**new, **old}.items():
            subject = f"the {parameter.get('in')} parameter `{parameter.get('name')}`"
            if key not in new:
                yield f"{subject} is gone"
            elif parameter.get("required") and key not in old:
                yield f"{subject} is new and required"
            elif key in old:
                if new[key].get("required") and not parameter.get("required"):
                    yield f"{subject} is now required"
                # A parameter has its schema itself, or in the only one of its media types.
                carriers = [next(iter(p.get("content", {}).values()), p) for p in (parameter, new[key])]
                yield from self.value(subject, carriers[0], carriers[1], Way.REQUEST)

    def body(self, old: Node, new: Node) -> Iterator[str]:
        before, after = self.old.resolve(old.get("requestBody")), self.new.resolve(new.get("requestBody"))
        if after.get("required") and not before.get("required"):
            yield "the request body is now required"
        yield from self.contents("the request body", before, after, Way.REQUEST)

    def responses(self, old: Node, new: Node) -> Iterator[str]:
        after = {str(status): self.new.resolve(node) for status, node in new.get("responses", {}).items()}
        for status, node in ((str(status), node) for status, node in old.get("responses", {}).items()):
            if status in after:
                way = Way.RESPONSE if status[0] in "123" else Way.ERROR
                yield from self.contents(f"the {status} response", self.old.resolve(node), after[status], way)
            else:
                yield f"the {status} response is gone"

    def contents(self, subject: str, old: Node, new: Node, way: Way) -> Iterator[str]:
        after = {_media_type(name): media for name, media in new.get("content", {}).items()}
        for name, media in old.get("content", {}).items():
            if _media_type(name) in after:
                yield from self.value(subject, media, after[_media_type(name)], way)
            else:
                yield f"{subject} can no longer be {name}"

    def value(self, subject: str, old: Node, new: Node, way: Way) -> Iterator[str]:
        self.compared = {}
        for place, what in self.schema(old.get("schema", _ANYTHING), new.get("schema", _ANYTHING), way):
            yield f"`{place}` in {subject} {what}" if place else f"{subject} {what}"

    def schema(self, old: Any, new: Any, way: Way) -> list[Problem]:
        """What was found between two schemas; nothing while that is being looked for already."""
        pair = (_text(old), _text(new))
        if pair not in self.compared:
            self.compared[pair] = []
            self.compared[pair] = list(dict.fromkeys(self._schema(old, new, way)))
        return self.compared[pair]

    def _schema(self, old: Any, new: Any, way: Way) -> Iterator[Problem]:
        before, after = self.old.forms(old), self.new.forms(new)
        if way is Way.REQUEST and _takes_null(before) and not _takes_null(after, unless_said=True):
            yield "", "can no longer be null"
        if way is not Way.REQUEST and _takes_null(after) and not _takes_null(before, unless_said=True):
            yield "", "may now be null"
        before, after = ([form for form in forms if form.get("type") != "null"] for forms in (before, after))
        pairs = [(one, other) for one in before for other in after if _fits(one, other, way)]
        side, to_keep = (1, after) if way is Way.RESPONSE else (0, before)
        for form in to_keep:
            # Of the forms that it may have become, or come from, the one that is the most like it.
            attempts = [list(self.form(*pair, way)) for pair in pairs if pair[side] is form]
            yield from min(attempts, key=len, default=[])
        strays = [form for form in to_keep if not any(pair[side] is form for pair in pairs)]
        if way is Way.ERROR:
            strays += [form for form in after if not any(pair[1] is form for pair in pairs)]
        if strays:
            yield "", f"is {_types(after)} now, was {_types(before)}"

    def form(self, old: Form, new: Form, way: Way) -> Iterator[Problem]:
        yield from (("", what) for what in (*_values(old, new, way), *_limits(old, new, way)))
        yield from self.properties(old, new, way)
        for key, place, silent in (("items", "[]", _ANYTHING), ("additionalProperties", "*", False)):
            was, is_now = old.get(key, silent), new.get(key, _ANYTHING)
            if was is not False and is_now is not False:
                yield from _inside(place, self.schema(was, is_now, way))
            elif was is not False and way is Way.REQUEST:
                yield "", f"can no longer have other {'properties' if place == '*' else 'items'}"

    def properties(self, old: Form, new: Form, way: Way) -> Iterator[Problem]:
        hidden = "readOnly" if way is Way.REQUEST else "writeOnly"
        before, after = self.old.properties(old, hidden), self.new.properties(new, hidden)
        for name, part in before.items():
            if name in after:
                yield from _inside(name, self.schema(part, after[name], way))
            else:
                yield name, "is gone"
        was, is_now = set(old.get("required", ())), set(new.get("required", ()))
        if way is Way.REQUEST:
            unseen = new.get("properties", {}).keys() - after.keys()
            yield from ((name, "is now required") for name in sorted(is_now - was - unseen))
        else:
            unseen = old.get("properties", {}).keys() - after.keys()
            yield from ((name, "may now be missing") for name in sorted(was - is_now - unseen))


def _values(old: Form, new: Form, way: Way) -> Iterator[str]:
    was, is_now = ([_text(value) for value in form.get("enum", ())] for form in (old, new))
    gone = [text for text in was if text not in is_now]
    if was and not is_now and way is not Way.REQUEST:
        yield f"is no longer one of {_listed(was)}"
    elif is_now and not was and way is Way.REQUEST:
        yield f"can only be {_listed(is_now)} now"
    elif way is Way.RESPONSE and len(was) == 1 and set(is_now) - set(was):
        yield f"is no longer always {_listed(was)}"
    elif way is not Way.RESPONSE and is_now and gone:
        yield f"can no longer be {_listed(gone)}"


def _limits(old: Form, new: Form, way: Way) -> Iterator[str]:
    formats = old.get("format"), new.get("format")
    known, used = formats if way is not Way.REQUEST else formats[::-1]
    if known is not None and known != used and (used, known) not in _WIDER_FORMATS:
        yield f"has the format {formats[1] or 'of any value'} now, had {formats[0] or 'none'}"
    for key in (*_UPPER, *_LOWER, "pattern", "multipleOf", "uniqueItems") if way is Way.REQUEST else ():
        was, is_now = (form.get(key, 0 if key in _LOWER[2:] else None) for form in (old, new))
        if is_now is None or is_now is False or is_now == was:
            continue
        if was is None or key not in (*_UPPER, *_LOWER) or (is_now < was) == (key in _UPPER):
            yield f"has the {key} {_text(is_now)} now, had {'none' if was is None else _text(was)}"


def _security(before: list[dict[str, set[str]]], after: list[dict[str, set[str]]]) -> Iterator[str]:
    for held in before:
        missing = [
            [name for name in needed if name not in held]
            or sorted(scope for name in needed for scope in needed[name] - held[name])
            for needed in after
        ]
        if all(missing):
            yield f"{_listed(held) or 'no authentication'} is no longer enough, {_listed(missing[0])} is needed"


def _takes_null(forms: Iterable[Form], *, unless_said: bool = False) -> bool:
    return any(form.get("type", "null" if unless_said else "") == "null" for form in forms)


def _fits(old: Form, new: Form, way: Way) -> bool:
    """Whether who understands the one type understands the other."""
    used, known = (form.get("type") for form in ((old, new) if way is Way.REQUEST else (new, old)))
    return known is None or used == known or (used, known) == ("integer", "number")


def _types(forms: Iterable[Form]) -> str:
    return " or ".join(sorted({form.get("type", "anything") for form in forms})) or "nothing"


def _inside(place: str, problems: Iterable[Problem]) -> Iterator[Problem]:
    for rest, what in problems:
        yield f"{place}{'.' if rest and not rest.startswith('[') else ''}{rest}", what


def _media_type(name: str) -> str:
    return name.split(";")[0].strip().lower()


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def _listed(texts: Iterable[str]) -> str:
    return ", ".join(f"`{text.strip(chr(34))}`" for text in texts)
