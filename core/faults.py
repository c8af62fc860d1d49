"""What a refusal says, by the field it is about."""

from django.core.exceptions import PermissionDenied, ValidationError

from core.scope import NOT_YOURS


def by_field(fault: ValidationError, whole: str = "") -> dict[str, list[str]]:
    """The sentences of each field; those about no single one stand under `whole`."""
    return fault.message_dict if hasattr(fault, "error_dict") else {whole: fault.messages}


def refusal(why: ValidationError | PermissionDenied) -> tuple[dict[str, list[str]], int]:
    """What a form that comes back says, by field, and its status: 403 for who may not, 422 for what was wrong."""
    if isinstance(why, PermissionDenied):
        return {"": [str(why) or NOT_YOURS]}, 403
    return by_field(why), 422
