"""The reproducibility statement: what a drill showed, as one object that a paper can cite.

It is an in-toto Statement (v1) about the model's identity. It says under which engine and settings
the restored model gave which answers, and with what they were compared. It is kept as an object
and named by the drill's entry, so its digest is all that a paper needs to give.
"""

from typing import Any

from emeritus.foundation import Digest, canonical_json
from emeritus.runtime import TOLERANCE, Comparison, Fingerprint, PlainRun, RunSettings

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
"""In-toto Attestation Framework, Statement layer, version 1."""

PREDICATE_TYPE = "https://emeritus.invalid/reproducibility/v1"
"""Described in `docs/specs/reproducibility.md`; the host is one that never exists (RFC 2606)."""


def reproducibility(
    model: str,
    identity: Digest,
    *,
    manifest: Digest,
    taken: Fingerprint,
    settings: RunSettings,
    recorded: Fingerprint | None,
    compared: Comparison | None,
    plain: PlainRun | None = None,
    program: Digest | None = None,
) -> bytes:
    """Return the statement of one drill as canonical JSON.

    No time and no machine is in it: the entry of the drill says when. So two drills that showed
    the same have the same statement.

    Args:
        model: its name.
        identity: its OMS root digest.
        manifest: the object that lists its files and pieces.
        taken: what the restored model answered.
        settings: with what it ran.
        recorded: the fingerprint that it was compared with, None at the first drill.
        compared: how they differ, None at the first drill.
        plain: what a program without the engine gave; None when none was asked.
        program: the object that is that program.
    """
    against: dict[str, Any] | None = None
    if recorded is not None and compared is not None:
        against = {
            "fingerprint": str(recorded.digest),
            "outcome": compared.outcome.value,
            "tokens_equal": compared.tokens_equal,
            "tokens_total": compared.tokens_total,
            "largest_logprob_difference": f"{compared.largest_logprob_difference:.6f}",
            "tolerance": f"{TOLERANCE:.6f}",
        }
    engine = taken.engine
    predicate = {
        "manifest": str(manifest),
        "engine": {"name": engine.name, "version": engine.version, "files": engine.files},
        "settings": {
            "context_tokens": settings.context_tokens,
            "threads": settings.threads,
            "mode": settings.mode.value,
        },
        "probe_set": taken.probe_set,
        "tokens": taken.tokens,
        "fingerprint": str(taken.digest),
        "answers": str(taken.answers_digest),
        "compared": against,
    }
    if plain is not None:
        predicate["plain_run"] = _plain_run(plain, program)
    return canonical_json(
        {
            "_type": STATEMENT_TYPE,
            "subject": [{"name": model, "digest": {"sha256": identity.hex}}],
            "predicateType": PREDICATE_TYPE,
            "predicate": predicate,
        }
    )


def _plain_run(plain: PlainRun, program: Digest | None) -> dict[str, Any]:
    """Say what was shown without the engine; figures to the digit that other processors keep."""
    said: dict[str, Any] = {"executor": str(program), "outcome": plain.word.value}
    if plain.figures is not None:
        said["tokens_equal"] = plain.figures.same
        said["tokens_total"] = plain.figures.tokens
        said["mean_logprob_difference"] = f"{plain.figures.mean:.2f}"
    return said
