"""What a check of a whole store looks for in transcripts."""

from collections.abc import Iterator, Sequence
from typing import Any

from emeritus.conversation.transcript import read_transcript
from emeritus.foundation import Digest, IntegrityError
from emeritus.record import Placed
from emeritus.vault import Finding, Store, get_object, object_name


def check_transcripts(store: Store, placed: Sequence[Placed[Any]]) -> Iterator[Finding]:
    """Read every transcript that an entry keeps; say which are not whole, or of another model."""
    for one in placed:
        transcript = getattr(one.body, "transcript", None)
        model = getattr(one.body, "model", None)
        if not transcript:
            continue
        name = object_name(Digest.parse(transcript))
        try:
            read = read_transcript(get_object(store, Digest.parse(transcript)), name)
        except IntegrityError as problem:
            yield Finding(name, problem.message)
            continue
        if model is not None and read.header.model != model:
            yield Finding(name, f"entry {one.position} speaks of {model}, it of another model")
