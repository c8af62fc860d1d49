"""A column whose value is sealed: it opens only when somebody asks it to, and prints as stars."""

from typing import TYPE_CHECKING, Any

from django.db import models

from core import crypto


class Sealed:
    """A secret as it is stored. `open()` gives the text; everything else, printing included, shows nothing."""

    __slots__ = ("_context", "_ring", "token")

    def __init__(self, token: str, context: str, ring: str = crypto.FIELD) -> None:
        self.token, self._context, self._ring = token, context, ring

    @classmethod
    def of(cls, text: str, context: str, ring: str = crypto.FIELD) -> "Sealed":
        return cls(crypto.encrypt(text, context=context, ring=ring), context, ring)

    @property
    def kid(self) -> str:
        """Which key seals it."""
        return self.token.partition(".")[0]

    def open(self) -> str:
        """The text inside; core.crypto.Unreadable if the key is gone."""
        return crypto.decrypt(self.token, context=self._context, ring=self._ring)

    def __str__(self) -> str:
        return "******"

    __repr__ = __str__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sealed) and self.token == other.token

    def __hash__(self) -> int:
        return hash(self.token)


if TYPE_CHECKING:
    _Text = models.TextField["Sealed | None", "Sealed | None"]
else:
    _Text = models.TextField


class SealedField(_Text):
    """Stores a Sealed value or nothing. `context` ties the ciphertext to this column (its associated data); `ring` is
    the setting whose keys seal it."""

    def __init__(self, *args: Any, context: str = "", ring: str = crypto.FIELD, **kwargs: Any) -> None:
        self.context, self.ring = context, ring
        kwargs.update(null=True, blank=True, editable=False)
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        ring = {} if self.ring == crypto.FIELD else {"ring": self.ring}
        return name, path, args, {**kwargs, "context": self.context, **ring}

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> Sealed | None:
        return None if value is None else Sealed(value, self.context, self.ring)

    def to_python(self, value: Any) -> Any:
        return value if value is None or isinstance(value, Sealed) else self.seal(str(value))

    def seal(self, text: str) -> Sealed:
        """A value for this column, under the newest key of its ring."""
        return Sealed.of(text, self.context, self.ring)

    def get_prep_value(self, value: Any) -> str | None:
        if value is None or value == "":
            return None
        if isinstance(value, Sealed):
            return value.token
        raise TypeError(f"{self.name} takes a Sealed value, not plain text")

    def value_to_string(self, obj: models.Model) -> str:
        sealed = self.value_from_object(obj)
        return "" if sealed is None else sealed.token
