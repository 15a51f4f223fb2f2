"""What is in a weight file, found out without trusting it.

A weight file comes from somebody else, and every reader written in a memory-unsafe language has
been broken by one whose declared sizes were believed.
So a small, strict reader looks at it first, in a process of its own that has little memory, little
time, no environment and one read-only file; and what that process says is checked again here.

    >>> import tempfile, pathlib
    >>> from emeritus.testing.weights import tiny_safetensors
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "model.safetensors"
    >>> _ = path.write_bytes(tiny_safetensors())
    >>> [(part.element, part.length) for part in inspect(path).segments]
    [('opaque', 144), ('f32', 24), ('bf16', 8)]

In this process:

* `layout`: `Layout` and `Segment`, and the check that segments cover a file exactly.
* `recognition`: what the first bytes and the suffix of a file claim that it is.
* `inspection`: `inspect`, which runs the reader under limits and checks what it says.

In the limited process, with nothing but Python's standard library:

* `bounded`: its start, its limits, and the one line that it prints.
* `cursor`: reading forward in a file whose declared sizes nobody believes.
* `report`: what a reader found, or why it refuses.
* `ggml`, `gguf`, `safetensors`: the formats.
"""

from emeritus.vault.formats.inspection import inspect
from emeritus.vault.formats.layout import Layout, Segment, opaque_layout

__all__ = ["Layout", "Segment", "inspect", "opaque_layout"]
