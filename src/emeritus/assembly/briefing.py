"""What a model is told of its own record: the parts of the nouns, in the order of its life."""

from emeritus import access, custody, docket, interview, journal
from emeritus.conversation import Briefer

BRIEFER = Briefer([one.briefing_section for one in (custody, access, interview, docket, journal)])
