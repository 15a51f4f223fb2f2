"""What makes a store explain itself: its reader, its executor, and the first text that people read.

* `reader_source`: the bytes of `read_emeritus.py`, which lies at the root of every store.
* `executor_source`: those of `run_emeritus.py`, which runs a restored model with numpy alone; it
  lies beside it since November 2026.
* `readme_text`: `README.txt`, which lies beside it.
"""

from pathlib import Path

READER_NAME = "read_emeritus.py"
EXECUTOR_NAME = "run_emeritus.py"
EXECUTOR = Path(__file__).with_name(EXECUTOR_NAME)
"""The executor as a program, for a process of its own."""

_README = """\
This is an Emeritus store: a copy of the record of {origin}.

It keeps AI models, and a signed log of everything that happened to them.
You need no account, no network and no special software to read it:

    python3 -I read_emeritus.py . list
    python3 -I read_emeritus.py . restore NAME DEST
    python3 -I read_emeritus.py . verify

The reader needs Python 3.8 or newer and the program zstd (RFC 8878), or Python 3.14 alone.
It changes nothing here.

A model that was restored can be run without any engine, slowly, by Python and numpy:

    python3 -I run_emeritus.py DEST/FILE.gguf --prompt "The old lighthouse keeper" --tokens 20

It knows models of the Llama family, in GGUF and in safetensors. What the engine answered when the
model was drilled lies under objects/; whether this gives the same is told by:

    grep -rl '^{{"answers":' objects
    python3 -I run_emeritus.py DEST/FILE.gguf --against objects/THE/FINGERPRINT

What lies where:

    store.json           what this folder is
    read_emeritus.py     the reader
    run_emeritus.py      the executor
    specs/               every format in this store, described well enough to write a new reader
    keys/ledger.vkey     the public key that signs the log
    keys/oms.pem         the public key that signs what was deposited (OpenSSF Model Signing)
    log/                 the log: who did what, and when (C2SP tlog-tiles)
    objects/             manifests, signatures and documents; each is named by its SHA-256
    packs/               the models, in pieces; each pack is named by its SHA-256
    closed/              what is kept and not shown; encrypted

Please keep this copy. Compare the key that `verify` prints with the one that {origin}
published: the log proves that nothing was changed after it was signed by that key.
"""


def reader_source() -> bytes:
    """Return the source of the stand-alone reader, as it is put into every store."""
    return Path(__file__).with_name(READER_NAME).read_bytes()


def executor_source() -> bytes:
    """Return the source of the stand-alone executor, as it is put into every new store."""
    return EXECUTOR.read_bytes()


def readme_text(origin: str) -> str:
    """Return the text of a store's `README.txt`.

    Args:
        origin: the name of the record, as its log's checkpoints give it.
    """
    return _README.format(origin=origin)
