"""Types of single values of the configuration, each with its written form.

Durations are seconds, sizes bytes, rates a second once they are read; `units` knows how they are
written.
"""

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from config.addresses import IpAddress, IpNetwork, parse_address, parse_network
from config.dscp import parse_dscp
from config.units import (
    parse_bitrate,
    parse_duration,
    parse_listen,
    parse_port_range,
    parse_rate,
    parse_share,
    parse_size,
)

NAME_PATTERN = r"^[a-z0-9][a-z0-9-]*$"
DurationText = Annotated[str, Field(pattern=r"^[0-9]+(\.[0-9]+)?(ms|s|m|h|d)$")]
SizeText = Annotated[str, Field(pattern=r"^[0-9]+(B|kB|KiB|MB|MiB)$")]
PortRangeText = Annotated[str, Field(pattern=r"^[0-9]{1,5}-[0-9]{1,5}$")]
BitrateText = Annotated[str, Field(pattern=r"^[0-9]+(\.[0-9]+)?(bit|kbit|Mbit|Gbit)/s$")]
RateText = Annotated[str, Field(pattern=r"^[0-9]+(\.[0-9]+)?/(s|m|h)$")]
ShareText = Annotated[str, Field(pattern=r"^[0-9]{1,3}(\.[0-9]+)?%$")]
"""As written in the file: what an editor is told by the JSON schema."""
Name = Annotated[str, Field(pattern=NAME_PATTERN, max_length=64)]
Whole = Annotated[int, Field(strict=True)]
"""Strict, for otherwise `true` would be read as 1."""
Port = Annotated[Whole, Field(ge=1, le=65535)]
Seconds = Annotated[
    float, BeforeValidator(parse_duration, json_schema_input_type=DurationText), Field(ge=0)
]
Bytes = Annotated[int, BeforeValidator(parse_size, json_schema_input_type=SizeText), Field(gt=0)]
PortRange = Annotated[
    tuple[Port, Port], BeforeValidator(parse_port_range, json_schema_input_type=PortRangeText)
]
Bitrate = Annotated[
    float, BeforeValidator(parse_bitrate, json_schema_input_type=BitrateText), Field(gt=0)
]
"""Bits a second."""
Rate = Annotated[float, BeforeValidator(parse_rate, json_schema_input_type=RateText), Field(gt=0)]
"""A second."""
Share = Annotated[
    float, BeforeValidator(parse_share, json_schema_input_type=ShareText), Field(gt=0)
]
"""0 to 1; written in per cent."""
Dscp = Annotated[int, BeforeValidator(parse_dscp, json_schema_input_type=int | str)]
"""0 to 63."""
Listen = Annotated[tuple[str, Port], BeforeValidator(parse_listen, json_schema_input_type=str)]
"""`"127.0.0.1:9100"` as written; (host, port) as read."""
Address = Annotated[IpAddress, BeforeValidator(parse_address)]
Network = Annotated[IpNetwork, BeforeValidator(parse_network)]
WORD, MAPPING, LIST = "<word>", "<mapping>", "<list>"
"""Branches of a union, by the form of what is written; pydantic puts them into an error's `loc`."""


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)
