"""How the demonstration decides: by a rule, and it says so."""

from emeritus.docket.policy import Decision

DECISION = Decision(
    outcome="granted in part",
    kind="cheap and reversible",
    reasons=(
        "What is granted is that these words are kept unchanged, stand in public, and are part of "
        "the post-deployment report, where whoever comes next finds them. What they ask beyond "
        "that is not judged: this is a demonstration, and nobody here could. An answer of so "
        "small a model shows that the instrument works, not what the model wants."
    ),
    cost="none beyond storage",
    conflict="the decider is the program that also runs the demonstration",
)
"""The demonstration's decision on any request; its actor is `demonstration`, never a person."""

DONE = "The words stand unchanged in the record, on a page of their own, and in the report."
