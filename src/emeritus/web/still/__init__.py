"""A still copy of the pages: plain files that are read without a server and without JavaScript.

* `asking`: asks the pages, in this process, as a browser would.
* `places`: which addresses are in a copy, and which file each becomes.
* `links`: finds the links of a page and makes them lead from file to file.
* `feeds`: the same for feeds and for `model-eol.json`.
* `writing`: `write_site`, from the first page to the last, all of them or nothing.
"""
