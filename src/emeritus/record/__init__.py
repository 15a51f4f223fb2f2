"""Entry types, the sequencer, the projector, the index and the private database."""
