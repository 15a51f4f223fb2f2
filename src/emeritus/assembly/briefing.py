"""What a model is told of its own record: the parts of the nouns, in the order of its life."""

from emeritus import access, custody, docket
from emeritus.conversation import Briefer

BRIEFER = Briefer([custody.briefing_section, docket.briefing_section, access.briefing_section])
