"""What Schemathesis is told about this server that no JSON Schema can say."""

import re

import schemathesis
from schemathesis.specs.openapi.checks import positive_data_acceptance

# Why a request of the right form may be refused.
RULES = [
    r"NUL, or half of one",  # JSON Schema has no word for characters that a text may not hold
    r"cannot be used: ",  # an address that must not be called, or a picture that is none
    r"Give a full web address",  # what one is, the URL standard says, and no pattern
    r"is not allowed: ",  # rules over several fields
    r"that this server makes|this server makes at most|may ask of this server",  # its limits
]


@schemathesis.check
def refuses_only_by_its_rules(ctx, response, case):
    """As positive_data_acceptance, but for what the rules above refuse."""
    if response.status_code == 400 and any(re.search(rule, response.text) for rule in RULES):
        return None
    return positive_data_acceptance(ctx, response, case)
