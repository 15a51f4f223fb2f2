"""YAML that people publish and programs check: nothing in it refers elsewhere or stands twice."""

from typing import Any

import yaml

MOST_DEPTH = 8
"""How deep lists may lie in one another; reading 20,000 took 34 seconds (measured 2026-11)."""


class NotYaml(ValueError):
    """Bytes are not YAML of the strict kind; the message says where."""


def read_yaml(data: bytes) -> Any:
    """Read YAML in which nothing refers to, or silently replaces, something else.

    Raises:
        NotYaml: it is no UTF-8 or no YAML, has an alias, a repeated key, or too many levels.
    """
    try:
        text = data.decode()
        _refuse_depth_and_aliases(text)
        _refuse_repeated_keys(yaml.compose(text, yaml.SafeLoader))
        return yaml.safe_load(text)
    except (UnicodeDecodeError, yaml.YAMLError, ValueError) as problem:
        raise NotYaml(str(problem)) from problem


def _refuse_depth_and_aliases(text: str) -> None:
    depth = 0
    for event in yaml.parse(text, yaml.SafeLoader):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > MOST_DEPTH:
            raise NotYaml(f"its parts lie more than {MOST_DEPTH} deep in one another")
        if isinstance(event, yaml.AliasEvent):
            raise NotYaml(f"*{event.anchor} refers to another place")


def _refuse_repeated_keys(node: yaml.Node | None) -> None:
    if isinstance(node, yaml.SequenceNode):
        for one in node.value:
            _refuse_repeated_keys(one)
    if isinstance(node, yaml.MappingNode):
        keys = [key.value for key, _ in node.value]
        if len(set(map(str, keys))) < len(keys):
            raise NotYaml(f"a key stands twice after line {node.start_mark.line + 1}")
        for _, value in node.value:
            _refuse_repeated_keys(value)
