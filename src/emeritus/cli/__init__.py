"""The command line: parse, call one verb, render. No rules here.

* `main`: the command `emeritus`, its verbs in order, and the edge where errors become sentences.
* `keep`, `open`, `check`, `demo`: the commands, a file for each verb of the product.
* `setting`: what every command shares: the home, `--json`.
* `output`: how facts are written; `progress`: how long work is shown.
"""
