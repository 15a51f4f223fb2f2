"""The run-kit: what a model needs to run, written down beside it (`docs/specs/run-kit.md`)."""

import msgspec

from emeritus.foundation import Digest, IntegrityError, canonical_json, parse_canonical_json
from emeritus.runtime import EngineIdentity, RunSettings
from emeritus.vault import Damaged

KIT_FORMAT = "emeritus-run-kit/1"


class KitEngine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The engine: distribution, version, SHA-256 (hex) of its wheel if known and of its files."""

    name: str
    version: str
    wheel: str | None
    files: str


class KitSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Context window in tokens, computing threads, and the mode of evaluation."""

    context_tokens: int
    threads: int
    mode: str


class AsServed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How it was served: system prompt and defaults, None where the steward gave none."""

    system_prompt: str | None = None
    defaults: dict[str, float | int | str | bool] | None = None


class RunKit(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Refers to a package by its identity, and names the file in it that the engine opens."""

    package: str
    file: str
    engine: KitEngine
    settings: KitSettings
    as_served: AsServed
    format: str = KIT_FORMAT

    def to_bytes(self) -> bytes:
        """Write the kit as canonical JSON."""
        return canonical_json(msgspec.to_builtins(self))


def make_kit(identity: Digest, file: str, engine: EngineIdentity, settings: RunSettings) -> RunKit:
    """Write down with what a model is about to be run."""
    return RunKit(
        package=str(identity),
        file=file,
        engine=KitEngine(engine.name, engine.version, engine.wheel, engine.files),
        settings=KitSettings(settings.context_tokens, settings.threads, str(settings.mode)),
        as_served=AsServed(),
    )


def read_kit(data: bytes, about: str) -> RunKit:
    """Read a kit.

    Raises:
        Damaged: it is not one, or one of another version.
    """
    try:
        kit = msgspec.convert(parse_canonical_json(data, about=about), RunKit)
    except (IntegrityError, msgspec.ValidationError) as problem:
        raise Damaged(f"{about} is not a run-kit: {problem}", about=about) from problem
    if kit.format != KIT_FORMAT or kit.to_bytes() != data:
        raise Damaged(
            f"{about} should be a run-kit of format {KIT_FORMAT} with every member, and says "
            f"{kit.format[:40]!r}; use the Emeritus that wrote it, or restore it from a copy",
            about=about,
        )
    return kit
