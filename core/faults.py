"""What a refusal says, by the field it is about."""

from django.core.exceptions import ValidationError


def by_field(fault: ValidationError, whole: str = "") -> dict[str, list[str]]:
    """The sentences of each field; those about no single one stand under `whole`."""
    return fault.message_dict if hasattr(fault, "error_dict") else {whole: fault.messages}
