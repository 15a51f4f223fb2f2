"""The codec: how at most 1 MiB of a file becomes small, and opens without us.

* `elements`: what one element of a tensor is made of, byte by byte.
* `planes`: bytes that mean the same side by side, and differences of numbers.
* `frames`: zstd frames in the one spelling that is used.
* `piece_header`: what stands before them.
* `pieces`: `encode` and `decode`; the encoder is never trusted.

`docs/specs/encoded-piece.md` describes the bytes.
"""
