"""Drills: a model is run from what was kept, and what it answers is compared.

* `kit`: the run-kit, what a model needs beside its files.
* `running`: a model with its kit, and its files where an engine opens them.
* `drill`: the rehearsed restore that ends with the model answering.
* `statement`: what a drill showed, as one object that a paper can cite.
"""
