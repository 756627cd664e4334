"""AWS's own service models, as botocore brings them, and whether AWS's front door would take what a request says.

botocore's validator checks what is required, types and minima; here it checks maxima, patterns and enums too. The
problems it finds name members and limits, never a value: what a request carries is nobody's business here.
"""

import base64
import binascii
import functools
import re

import botocore.session
from botocore.validate import ParamValidator, ValidationErrors

# The services that functions use, by the name that their requests are signed for.
SERVICES = {
    "dynamodb": "dynamodb", "sqs": "sqs", "secretsmanager": "secretsmanager", "scheduler": "scheduler",
    "execute-api": "apigatewaymanagementapi", "ses": "sesv2", "sns": "sns",
}
Problem = tuple[str, str]  # the member, and what is wrong with it


@functools.cache
def _session():
    return botocore.session.Session()


@functools.cache
def model(service: str):
    """A service's model, read once, when it is first needed."""
    return _session().get_service_model(service)


@functools.cache
def operations(service: str) -> frozenset[str]:
    """The names of a service's operations."""
    return frozenset(model(service).operation_names)


@functools.cache
def input_of(service: str, operation: str):
    """The shape of an operation's parameters; some have none."""
    return model(service).operation_model(operation).input_shape


def takes(service: str, operation: str, member: str) -> bool:
    """Whether the operation has this parameter."""
    shape = input_of(service, operation)
    return shape is not None and member in shape.members


def check(service: str, operation: str, parameters: dict) -> list[Problem]:
    """What the model has against these parameters."""
    shape = input_of(service, operation)
    if shape is None:
        return [(safe(name), UNKNOWN) for name in parameters]
    return [_problem(*error) for error in _VALIDATOR.validate(parameters, shape)._errors]


def safe(name: str) -> str:
    """A name that a request made up, for a report: what does not look like a name is not shown."""
    return name if re.fullmatch(r"[\w#.@:-]{1,64}", name) else "*"


UNKNOWN = "is not in AWS's model of the operation"


def _problem(reason: str, name: str, about: dict) -> Problem:
    member = re.sub(r"\[\d+\]", "[]", name).removeprefix(".")
    within = f"{member}." if member else ""
    match reason:
        case "missing required field":
            return within + about["required_name"], "is required"
        case "unknown field":
            return within + safe(about["unknown_param"]), UNKNOWN
        case "invalid type":
            return member or "-", f"is a {type(about['param']).__name__}, not {' or '.join(about['valid_types'])}"
        case "invalid range" | "invalid length":
            return member, f"{reason.removeprefix('invalid ')} is less than {about['min_allowed']}"
    return member or "-", about.get("detail", reason)


@functools.cache
def _pattern(text: str) -> re.Pattern | None:
    """Java's regular expressions are nearly Python's; of the services above, two that no function uses are not."""
    try:
        return re.compile(text)
    except re.error:
        return None


class _Validator(ParamValidator):
    VALIDATED_METADATA_ATTRS = ParamValidator.VALIDATED_METADATA_ATTRS | {"max", "pattern", "enum"}

    def _most(self, value: int, what: str, shape, errors: ValidationErrors, name: str) -> None:
        limit = shape.metadata.get("max")
        if limit is not None and value > limit:
            errors.report(name, "too much", detail=f"{what} is more than {limit}")

    def _validate_string(self, param, shape, errors, name):
        super()._validate_string(param, shape, errors, name)
        if not isinstance(param, str):
            return
        self._most(len(param), "length", shape, errors, name)
        pattern = shape.metadata.get("pattern")
        # As AWS does, though not all patterns say so: the whole text must match.
        if pattern and (compiled := _pattern(pattern)) and not compiled.fullmatch(param):
            errors.report(name, "pattern", detail=f"does not match {pattern}")
        if shape.enum and param not in shape.enum:
            errors.report(name, "enum", detail="is none of the model's values")

    def _validate_blob(self, param, shape, errors, name):
        if isinstance(param, str):
            try:
                param = base64.b64decode(param, validate=True)
            except binascii.Error:
                errors.report(name, "base64", detail="is no base64")
                return
        super()._validate_blob(param, shape, errors, name)
        if isinstance(param, bytes):
            self._most(len(param), "length", shape, errors, name)
            if len(param) < shape.metadata.get("min", 0):
                errors.report(name, "invalid length", param=None, min_allowed=shape.metadata["min"])

    def _validate_list(self, param, shape, errors, name):
        super()._validate_list(param, shape, errors, name)
        if isinstance(param, list):
            self._most(len(param), "number of entries", shape, errors, name)

    def _validate_map(self, param, shape, errors, name):
        if not isinstance(param, dict):
            super()._validate_map(param, shape, errors, name)
            return
        self._most(len(param), "number of entries", shape, errors, name)
        for key, value in param.items():
            # Keys within an item's own maps are data; those of the item itself are its attributes' names.
            at = f"{name}.*" if name.endswith(".M") else f"{name}.{safe(key)}"
            self._validate(key, shape.key, errors, f"{at} (key)")
            self._validate(value, shape.value, errors, at)

    def _number(self, param, shape, errors, name):
        if isinstance(param, (int, float)):
            self._most(param, "value", shape, errors, name)

    def _validate_integer(self, param, shape, errors, name):
        super()._validate_integer(param, shape, errors, name)
        self._number(param, shape, errors, name)

    def _validate_long(self, param, shape, errors, name):
        super()._validate_long(param, shape, errors, name)
        self._number(param, shape, errors, name)

    def _validate_double(self, param, shape, errors, name):
        super()._validate_double(param, shape, errors, name)
        self._number(param, shape, errors, name)

    _validate_float = _validate_double


_VALIDATOR = _Validator()
