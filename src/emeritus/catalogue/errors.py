"""What can go wrong with names of models.

NotFound
└── NoSuchModel   no model of that name in this record
Conflict
└── NameTaken     a model of that name is in this record already
"""

from emeritus.foundation import Conflict, NotFound


class NoSuchModel(NotFound):
    """No model of that name in this record."""

    code = "catalogue.no_such_model"


class NameTaken(Conflict):
    """A model of that name is in this record already."""

    code = "catalogue.name_taken"
