"""What every request body of `web.bodies` is a kind of."""

from pydantic import BaseModel, ConfigDict, field_validator


class ExactBody(BaseModel):
    """Exact types, no unknown fields, and nothing that a database takes for the end of a string."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    @field_validator("*", mode="after")
    @classmethod
    def _without_null(cls, value: object) -> object:
        if isinstance(value, str) and "\0" in value:
            raise ValueError("must not have a null character")
        return value
