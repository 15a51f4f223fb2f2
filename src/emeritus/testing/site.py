"""A small invented record, clearly named as a sample, for looking at pages and testing them."""

import datetime as dt
import json
from dataclasses import dataclass

from emeritus.assembly.readings import (
    Copy,
    Dossier,
    Drill,
    EntryLine,
    EntryPage,
    FileLine,
    Footing,
    Found,
    Home,
    LedgerPage,
    ModelLine,
    Moment,
)
from emeritus.foundation import canonical_json, sha256, sha256_hex, timestamp
from emeritus.web.errors import NoSuchPage

_PAGE = 20
_BEGINNING = dt.datetime(2026, 11, 5, 8, 2, tzinfo=dt.UTC)
_ENGINE = "sample-engine 1.0"


@dataclass(frozen=True, slots=True)
class _Sample:
    name: str
    service: str
    custody: str
    raw: int
    stored: int
    copies: tuple[str, ...]


_SAMPLES = (
    _Sample("sample-smollm-135m", "active", "proven", 270_613_504, 179_441_664, ("verified",)),
    _Sample(
        "sample-harbour-7b-chat",
        "emeritus",
        "degraded",
        14_483_464_192,
        9_601_220_608,
        ("verified", "damaged"),
    ),
    _Sample("sample-linnet-70b", "retired", "deposited", 0, 0, ("unverified",)),
)
_STORIES = (
    ("model.deposited", "deposited", "{} was taken into care: 3 files, whole and read back."),
    ("copies.audited", "verified", "Every byte of {} was read again; all of it is as it was."),
    ("model.drilled", "ran", "{} was restored and answered 16 questions."),
)


class SampleSite:
    """A `Site` over an invented record.

    Args:
        models: how many models live there, 0 to 3: one proven, one damaged, one new.
        audits: how many more audits each model went through, to make the record long.
    """

    def __init__(self, models: int = 3, audits: int = 0) -> None:
        self._samples = _SAMPLES[:models]
        stories = (*_STORIES[:2], *(_STORIES[1],) * audits, _STORIES[2])
        self._entries = tuple(
            _entry(position, sample.name, story)
            for position, (sample, story) in enumerate(
                (sample, story)
                for sample in self._samples
                for story in (stories if sample.custody != "deposited" else stories[:1])
            )
        )

    def footing(self) -> Footing:
        """Return an invented checkpoint."""
        size = len(self._entries)
        return Footing("sample.invalid/record", size, sha256_hex(b"root %d" % size), _at(size - 1))

    def models(self) -> tuple[ModelLine, ...]:
        """Return the models in the order of their names."""
        return tuple(sorted(map(self._line, self._samples), key=lambda line: line.name))

    def home(self) -> Home:
        """Return the home page's facts."""
        recent = self._entries[::-1][:5]
        return Home(self.footing(), "the Sample Steward (invented)", self.models(), recent)

    def find(self, query: str) -> Found:
        """Return a model of exactly that name, or names that contain it."""
        exact = [line for line in self.models() if line.name == query]
        near = () if exact else tuple(m.name for m in self.models() if query.lower() in m.name)
        return Found(self.footing(), query, exact[0] if exact else None, near)

    def ledger(self, before: int | None) -> LedgerPage:
        """Return a page of invented entries."""
        end = len(self._entries) if before is None else min(before, len(self._entries))
        start = max(0, end - _PAGE)
        newer = min(end + _PAGE, len(self._entries)) if end < len(self._entries) else None
        return LedgerPage(
            self.footing(),
            "sample.invalid/record+0a1b2c3d+AUFNUExFS0VZU0FNUExFS0VZU0FNUExFS0VZU0FNUExFS0VZ",
            self._entries[start:end][::-1],
            start or None,
            newer,
        )

    def entry(self, position: int) -> EntryPage:
        """Return one invented entry; its proof proves nothing."""
        if position >= len(self._entries):
            raise NoSuchPage(f"The record has no entry {position} yet.")
        line = self._entries[position]
        subject = (("manifest", str(sha256(line.sentence.encode()))),)
        fields = {"v": 1, "type": line.type, "at": line.at, "actor": line.actor}
        about = [{"name": name, "digest": digest} for name, digest in subject]
        raw = canonical_json(fields | {"subject": about, "body": {"model": line.model}})
        siblings = tuple(sha256_hex(b"sibling %d" % level) for level in range(3))
        pretty = json.dumps(json.loads(raw), separators=(",", ":"), ensure_ascii=False)
        return EntryPage(self.footing(), line, pretty, sha256_hex(raw), subject, siblings)

    def log_file(self, name: str) -> bytes:
        """Return one of three invented files."""
        footing = self.footing()
        files = {
            "log/checkpoint": f"{footing.origin}\n{footing.size}\n{footing.root}\n".encode(),
            "log/tile/0/000": bytes(8192),
            "keys/ledger.vkey": self.ledger(None).vkey.encode() + b"\n",
        }
        if name not in files:
            raise NoSuchPage(f"The record has no file {name}.", about=name)
        return files[name]

    def dossier(self, name: str) -> Dossier:
        """Return what is invented about one model."""
        for sample in self._samples:
            if sample.name == name:
                return self._dossier(sample)
        raise NoSuchPage(f"This record holds no model called {name}.", about=name)

    def _line(self, sample: _Sample) -> ModelLine:
        drill = self._drill(sample)
        return ModelLine(
            sample.name,
            sample.service,
            sample.custody,
            sample.copies.count("verified"),
            len(sample.copies),
            drill.at if drill else None,
        )

    def _lived(self, sample: _Sample) -> list[EntryLine]:
        return [entry for entry in self._entries if entry.model == sample.name]

    def _drill(self, sample: _Sample) -> Drill | None:
        last = self._lived(sample)[-1]
        if last.type != "model.drilled":
            return None
        fingerprint = str(sha256(sample.name.encode()))
        said = "16 of 16 tokens are the same"
        return Drill(
            last.at,
            "good",
            "identical",
            fingerprint,
            _ENGINE,
            16,
            512,
            "",
            last.position,
            plain_run="agrees",
            plain_run_said=said,
        )

    def _dossier(self, sample: _Sample) -> Dossier:
        lived = self._lived(sample)
        words = {kind: word for kind, word, _ in _STORIES}
        return Dossier(
            footing=self.footing(),
            name=sample.name,
            identity=str(sha256(b"identity " + sample.name.encode())),
            service=sample.service,
            custody=sample.custody,
            policy="demonstration" if len(sample.copies) == 1 else "standard",
            is_demonstration=len(sample.copies) == 1,
            copies=_copies(sample, lived[-1].at),
            copies_wanted=len(sample.copies),
            last_drill=self._drill(sample),
            raw_bytes=sample.raw,
            stored_bytes=sample.stored,
            files=_files(sample),
            moments=tuple(Moment(e.at, words[e.type], e.sentence, e.position) for e in lived),
            deposited_at=lived[0].at,
            deposit_position=lived[0].position,
            manifest=str(sha256(b"manifest " + sample.name.encode())),
            grade="recomputable",
            interviews=0,
            requests={},
            posts=0,
            journal={},
        )


def _at(position: int) -> str:
    return timestamp(_BEGINNING + dt.timedelta(days=position, hours=position % 12))


def _entry(position: int, name: str, story: tuple[str, str, str]) -> EntryLine:
    kind, _, sentence = story
    return EntryLine(position, kind, _at(position), "sample-steward", sentence.format(name), name)


def _copies(sample: _Sample, at: str) -> tuple[Copy, ...]:
    return tuple(
        Copy(f"sample-store-{number}", state, None if state == "unverified" else at)
        for number, state in enumerate(sample.copies, start=1)
    )


def _files(sample: _Sample) -> tuple[FileLine, ...]:
    named = (
        ("model.safetensors", max(sample.raw - 2_105_341, 0), "safetensors"),
        ("config.json", 861, "opaque"),
        ("tokenizer/tokenizer.json", 2_104_480, "opaque"),
    )
    return tuple(
        FileLine(path, size, sha256_hex(f"{sample.name}/{path}".encode()), kind)
        for path, size, kind in named
    )
