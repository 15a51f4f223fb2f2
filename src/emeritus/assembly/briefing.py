"""What a model is told of its own record: the parts of the nouns, in the order of its life."""

from emeritus import access, custody, docket, interview, journal, lifecycle
from emeritus.conversation import Briefer

BRIEFER = Briefer(
    [one.briefing_section for one in (custody, lifecycle, access, interview, docket, journal)]
)
